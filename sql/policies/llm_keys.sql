alter table core.llm_keys enable row level security;
alter table core.llm_keys force row level security;

drop policy if exists llm_keys_all_owner on core.llm_keys;
create policy llm_keys_all_owner on core.llm_keys
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

alter table core.llm_circuits enable row level security;
alter table core.llm_circuits force row level security;

drop policy if exists llm_circuits_all_owner on core.llm_circuits;
create policy llm_circuits_all_owner on core.llm_circuits
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

-- core.open_llm_circuits: how many are open, of all tenants together.
drop policy if exists llm_circuits_select_operator on core.llm_circuits;
create policy llm_circuits_select_operator on core.llm_circuits
  for select to hookledger_operator
  using (true);
grant select (tenant_id, open_until) on core.llm_circuits to hookledger_operator;

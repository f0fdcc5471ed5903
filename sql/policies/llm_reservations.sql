alter table core.llm_reservations enable row level security;
alter table core.llm_reservations force row level security;

drop policy if exists llm_reservations_all_owner on core.llm_reservations;
create policy llm_reservations_all_owner on core.llm_reservations
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

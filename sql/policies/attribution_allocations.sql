alter table core.attribution_allocations enable row level security;
alter table core.attribution_allocations force row level security;

drop policy if exists attribution_allocations_all_owner on core.attribution_allocations;
create policy attribution_allocations_all_owner on core.attribution_allocations
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

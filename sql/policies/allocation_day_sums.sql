alter table core.allocation_day_sums enable row level security;
alter table core.allocation_day_sums force row level security;

drop policy if exists allocation_day_sums_all_owner on core.allocation_day_sums;
create policy allocation_day_sums_all_owner on core.allocation_day_sums
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

-- core.mv_allocation_summary is refreshed as its owner, for every tenant.
drop policy if exists allocation_day_sums_select_operator on core.allocation_day_sums;
create policy allocation_day_sums_select_operator on core.allocation_day_sums
  for select to hookledger_operator
  using (true);
grant select on core.allocation_day_sums to hookledger_operator;

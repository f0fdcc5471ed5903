alter table core.tenants enable row level security;
alter table core.tenants force row level security;

drop policy if exists tenants_all_owner on core.tenants;
create policy tenants_all_owner on core.tenants
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

-- api.bind_reader: is there such a tenant?
drop policy if exists tenants_select_operator on core.tenants;
create policy tenants_select_operator on core.tenants
  for select to hookledger_operator
  using (true);
grant select (tenant_id) on core.tenants to hookledger_operator;

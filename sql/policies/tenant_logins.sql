alter table core.tenant_logins enable row level security;
alter table core.tenant_logins force row level security;

drop policy if exists tenant_logins_all_owner on core.tenant_logins;
create policy tenant_logins_all_owner on core.tenant_logins
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

-- core.bound_tenant and api.bind_reader: a login is bound once among all tenants.
drop policy if exists tenant_logins_select_operator on core.tenant_logins;
create policy tenant_logins_select_operator on core.tenant_logins
  for select to hookledger_operator
  using (true);

drop policy if exists tenant_logins_insert_operator on core.tenant_logins;
create policy tenant_logins_insert_operator on core.tenant_logins
  for insert to hookledger_operator
  with check (tenant_id = (select core.current_tenant()));
grant select, insert on core.tenant_logins to hookledger_operator;
grant execute on function core.set_tenant(uuid), core.raise_error(text, text), core.errors()
  to hookledger_operator;

alter table core.webhook_endpoints enable row level security;
alter table core.webhook_endpoints force row level security;

drop policy if exists webhook_endpoints_all_owner on core.webhook_endpoints;
create policy webhook_endpoints_all_owner on core.webhook_endpoints
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

-- api.find_endpoint: a URL names an endpoint, not its tenant.
drop policy if exists webhook_endpoints_select_operator on core.webhook_endpoints;
create policy webhook_endpoints_select_operator on core.webhook_endpoints
  for select to hookledger_operator
  using (true);
grant select on core.webhook_endpoints to hookledger_operator;

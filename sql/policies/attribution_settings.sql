alter table core.attribution_settings enable row level security;
alter table core.attribution_settings force row level security;

drop policy if exists attribution_settings_all_owner on core.attribution_settings;
create policy attribution_settings_all_owner on core.attribution_settings
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

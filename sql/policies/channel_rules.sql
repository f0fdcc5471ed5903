alter table core.channel_rules enable row level security;
alter table core.channel_rules force row level security;

drop policy if exists channel_rules_all_owner on core.channel_rules;
create policy channel_rules_all_owner on core.channel_rules
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

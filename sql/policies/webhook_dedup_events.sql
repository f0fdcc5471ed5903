alter table core.webhook_dedup_events enable row level security;
alter table core.webhook_dedup_events force row level security;

drop policy if exists webhook_dedup_events_all_owner on core.webhook_dedup_events;
create policy webhook_dedup_events_all_owner on core.webhook_dedup_events
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

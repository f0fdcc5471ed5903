alter table core.dead_events enable row level security;
alter table core.dead_events force row level security;

drop policy if exists dead_events_all_owner on core.dead_events;
create policy dead_events_all_owner on core.dead_events
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

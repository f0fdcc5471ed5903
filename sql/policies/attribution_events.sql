alter table core.attribution_events enable row level security;
alter table core.attribution_events force row level security;

drop policy if exists attribution_events_all_owner on core.attribution_events;
create policy attribution_events_all_owner on core.attribution_events
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

-- Immutable: the owner itself may only add and read (core.tg_attribution_events__refuse_change is
-- the second line).
revoke update, delete, truncate on core.attribution_events from hookledger_owner;

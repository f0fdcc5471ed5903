alter table core.dead_event_attempts enable row level security;
alter table core.dead_event_attempts force row level security;

drop policy if exists dead_event_attempts_all_owner on core.dead_event_attempts;
create policy dead_event_attempts_all_owner on core.dead_event_attempts
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

-- Immutable, even for its owner.
revoke update, delete, truncate on core.dead_event_attempts from hookledger_owner;

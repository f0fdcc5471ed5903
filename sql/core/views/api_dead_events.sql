-- The dead-letter queue of the session's tenant.
create or replace view api.dead_events with (security_barrier) as
  select
    d.dead_event_id, d.receipt_id, d.position, d.endpoint_id, d.provider, d.topic, d.delivery_key,
    d.verification, d.stage, d.reason, d.sqlstate, d.message, d.detail, d.payload, d.masked_body,
    d.body_sha256, d.body_bytes, d.status, d.attempts, d.seen_count, d.first_failed_at,
    d.last_failed_at, d.last_seen_at, d.next_attempt_at, d.resolution_note, d.resolved_by,
    d.resolved_at, d.is_quarantined,
    core.needs_decision(d.reason) as needs_decision
  from core.dead_events as d
  where d.tenant_id = (select core.current_tenant());

comment on view api.dead_events is
  'What could not be booked, of the session''s tenant: why, since when, and a redacted copy';

revoke all on api.dead_events from public;
grant select on api.dead_events to hookledger_dba, hookledger_reader;

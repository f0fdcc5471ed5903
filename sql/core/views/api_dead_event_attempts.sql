-- What was done about the dead letters of the session's tenant.
create or replace view api.dead_event_attempts with (security_barrier) as
  select
    a.attempt_id, a.dead_event_id, a.receipt_id, a.attempt, a.attempted_at, a.attempted_by,
    a.request_key, a.outcome, a.reason, a.sqlstate, a.note
  from core.dead_event_attempts as a
  where a.tenant_id = (select core.current_tenant());

comment on view api.dead_event_attempts is
  'Replays, automatic retries, discards and re-openings of dead letters, of the session''s tenant';

revoke all on api.dead_event_attempts from public;
grant select on api.dead_event_attempts to hookledger_dba, hookledger_reader;

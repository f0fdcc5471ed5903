-- Every attempt on a dead letter, and what a person decided about it, stays on record.
create or replace function core.log_dead_event(
  p_tenant_id uuid,
  p_row core.dead_events,
  p_attempt integer,
  p_request_key text,
  p_outcome text,
  p_reason text,
  p_sqlstate text,
  p_note text
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
begin
  insert into core.dead_event_attempts (
    tenant_id, attempt_id, dead_event_id, receipt_id, attempt, attempted_at, attempted_by,
    request_key, outcome, reason, sqlstate, note
  )
  values (
    p_tenant_id, core.uuid_v7(), p_row.dead_event_id, p_row.receipt_id, p_attempt, v_now,
    session_user, p_request_key, p_outcome, p_reason, p_sqlstate, p_note
  );
end
$function$;

comment on function core.log_dead_event(
  uuid, core.dead_events, integer, text, text, text, text, text) is
  'Adds a row to core.dead_event_attempts';

-- A dead letter that failed again: its newer failure and one attempt more; the document stays. What
-- cannot be replayed at all keeps the reason it died of. The caller schedules the next attempt.
-- Locks: its row, until the transaction ends.
create or replace function core.fail_dead_event(
  p_tenant_id uuid,
  p_row core.dead_events,
  p_dead core.dead_letter
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_jitter double precision := random();
  v_next timestamptz;
  v_dead core.dead_letter := p_dead;
begin
  if v_dead.reason = 'not_replayable' then
    v_dead.stage := p_row.stage;
    v_dead.reason := p_row.reason;
    v_dead.sqlstate := p_row.sqlstate;
    v_dead.message := p_row.message;
    v_dead.detail := p_row.detail;
  else
    v_next := core.next_attempt_at(v_dead.reason, p_row.attempts + 1, v_now, v_jitter);
  end if;
  update core.dead_events
     set stage = v_dead.stage,
         reason = v_dead.reason,
         sqlstate = v_dead.sqlstate,
         message = v_dead.message,
         detail = core.mask_text(v_dead.detail),
         attempts = p_row.attempts + 1,
         last_failed_at = v_now,
         status = case when v_next is null then 'open' else 'retrying' end,
         next_attempt_at = v_next
   where tenant_id = p_tenant_id and dead_event_id = p_row.dead_event_id;
end
$function$;

comment on function core.fail_dead_event(uuid, core.dead_events, core.dead_letter) is
  'Records that a dead letter failed again, and when it is tried next';

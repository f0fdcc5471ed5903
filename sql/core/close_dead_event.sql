-- Takes a dead letter out of the queue. Locks: its row, until the transaction ends.
create or replace function core.close_dead_event(
  p_tenant_id uuid,
  p_row core.dead_events,
  p_status text,
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
  update core.dead_events
     set status = p_status,
         attempts = p_row.attempts + (p_status = 'resolved')::integer,
         next_attempt_at = null,
         resolution_note = p_note,
         resolved_by = session_user,
         resolved_at = v_now
   where tenant_id = p_tenant_id and dead_event_id = p_row.dead_event_id;
end
$function$;

comment on function core.close_dead_event(uuid, core.dead_events, text, text) is
  'Marks a dead letter resolved or discarded, by whom and why';

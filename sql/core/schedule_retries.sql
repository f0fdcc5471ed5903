-- Has the automatic retry run when the first dead letter is due, but not before p_pause is over:
-- one that was busy just now is left alone for a moment.
create or replace function core.schedule_retries(
  p_tenant_id uuid,
  p_pause interval default interval '10 seconds'
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_next timestamptz;
begin
  select min(d.next_attempt_at) into v_next
    from core.dead_events as d
   where d.tenant_id = p_tenant_id and d.status = 'retrying';
  if v_next is not null then
    perform core.enqueue_job(p_tenant_id, 'maintenance', 'retry_dead_events', 'due',
      p_run_at => greatest(v_next, v_now + p_pause));
  end if;
end
$function$;

comment on function core.schedule_retries(uuid, interval) is
  'Enqueues the job that retries dead letters, for when the next one is due';

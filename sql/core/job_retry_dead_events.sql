-- The automatic retry: replays the transient dead letters that are due, a hundred in one
-- transaction, and asks for its next run. One that another process holds is left for that run.
create or replace function core.job_retry_dead_events(p_tenant_id uuid, p_args jsonb)
  returns jsonb
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_dead_event_id uuid;
  v_outcome core.replay_outcome;
  v_counts jsonb := jsonb_build_object('replayed', 0, 'skipped', 0, 'failed', 0);
begin
  for v_dead_event_id in
    select d.dead_event_id
      from core.dead_events as d
     where d.tenant_id = p_tenant_id and d.status = 'retrying' and d.next_attempt_at <= v_now
     order by d.next_attempt_at, d.dead_event_id
     limit 100
  loop
    v_outcome := core.replay_dead_event(p_tenant_id, v_dead_event_id, false, null);
    v_counts := v_counts || jsonb_build_object(
      v_outcome.outcome, (v_counts ->> v_outcome.outcome)::integer + 1);
  end loop;
  -- A hundred done: there may be more, and live traffic had its turn meanwhile.
  perform core.schedule_retries(p_tenant_id,
    case when (v_counts ->> 'replayed')::integer + (v_counts ->> 'failed')::integer = 100
      then interval '1 second' else interval '10 seconds' end);
  return v_counts;
end
$function$;

comment on function core.job_retry_dead_events(uuid, jsonb) is
  'Replays the dead letters that are due to be tried again; returns how many were replayed, '
  'skipped and failed';

select core.build_job_dispatch();

-- Forgets jobs that ended more than seven days ago (p_args `days`), 5000 at a time so that no
-- transaction becomes long, and comes back when the next one will be that old. Reports of dead jobs
-- stay. Locks: the jobs that go.
create or replace function core.job_prune_jobs(p_tenant_id uuid, p_args jsonb)
  returns jsonb
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_keep interval := make_interval(days => coalesce((p_args ->> 'days')::integer, 7));
  v_now timestamptz := clock_timestamp();
  v_ids uuid[];
  v_oldest timestamptz;
begin
  v_ids := array(
    select j.job_id
      from core.jobs as j
     where j.tenant_id = p_tenant_id and j.status in ('succeeded', 'dead')
       and j.queue in ('attribution', 'maintenance', 'housekeeping')
       and j.started_at < v_now - v_keep and j.finished_at < v_now - v_keep
     limit 5000);
  delete from core.jobs where tenant_id = p_tenant_id and job_id = any (v_ids);
  v_oldest := (
    select min(j.started_at)
      from core.jobs as j
     where j.tenant_id = p_tenant_id and j.status in ('succeeded', 'dead')
       and j.queue in ('attribution', 'maintenance', 'housekeeping'));
  if v_oldest is not null then
    perform core.enqueue_job(p_tenant_id, 'housekeeping', 'prune_jobs', 'jobs', p_args,
      case when cardinality(v_ids) = 5000 then v_now
        else greatest(v_oldest + v_keep, v_now + interval '1 hour') end);
  end if;
  return jsonb_build_object('pruned', cardinality(v_ids));
end
$function$;

comment on function core.job_prune_jobs(uuid, jsonb) is
  'Task: removes finished jobs older than seven days';

select core.build_job_dispatch();

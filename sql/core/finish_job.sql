-- A run came to its end: the result is written and what was reported of the key is settled. A job
-- of the past needs pruning some day, which this sees to. False when the lease was lost: then the
-- caller must not commit what the run did. Locks: the job, an open report of its key.
create or replace function core.finish_job(p_tenant_id uuid, p_job core.jobs, p_result jsonb)
  returns boolean
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
begin
  update core.jobs
     set status = 'succeeded', finished_at = v_now, leased_until = null, lease_token = null,
         sqlstate = null, message = null, detail = null, result = p_result
   where tenant_id = p_tenant_id and job_id = p_job.job_id and lease_token = p_job.lease_token;
  if not found then
    return false;
  end if;
  update core.worker_failed_jobs
     set status = 'retried', resolution_note = 'a later job of this key succeeded',
         resolved_by = session_user, resolved_at = v_now
   where tenant_id = p_tenant_id and task = p_job.task and key = p_job.key and status = 'open';
  if p_job.task <> 'prune_jobs' then
    perform core.enqueue_job(
      p_tenant_id, 'housekeeping', 'prune_jobs', 'jobs', '{}', v_now + interval '7 days');
  end if;
  return true;
end
$function$;

comment on function core.finish_job(uuid, core.jobs, jsonb) is
  'Writes a run''s result; false when its lease was lost';

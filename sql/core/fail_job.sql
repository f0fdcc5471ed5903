-- An attempt failed: the job waits for the next one, twice as long each time (5 s to 10 min, a
-- quarter more or less, so that jobs that failed together do not come back together), or after its
-- last attempt is dead and reported. Nothing happens to a job that was lost meanwhile: then null.
-- Locks: the job; the pending ones of its key, which its next attempt does with it; the report.
create or replace function core.fail_job(
  p_tenant_id uuid,
  p_job core.jobs,
  p_sqlstate text,
  p_detail text
)
  returns core.jobs
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_failure core.dead_letter := core.describe_failure('job', p_sqlstate, p_detail);
  v_is_dead boolean := p_job.attempts >= p_job.max_attempts;
  v_next timestamptz := v_now + (0.75 + random() / 2)
    * least(interval '5 seconds' * 2 ^ least(p_job.attempts - 1, 10), interval '10 minutes');
  v_lane uuid := core.uuid_v7();
  v_job core.jobs;
begin
  update core.jobs
     set status = case when v_is_dead then 'dead' else 'pending' end,
         lane = v_lane,
         run_at = case when v_is_dead then run_at else v_next end,
         finished_at = case when v_is_dead then v_now end,
         leased_until = null, lease_token = null,
         sqlstate = v_failure.sqlstate, message = v_failure.message,
         detail = v_failure.detail
   where tenant_id = p_tenant_id and job_id = p_job.job_id and lease_token = p_job.lease_token
  returning * into v_job;
  if not found then
    return null;
  elsif v_is_dead then
    perform core.report_dead_job(p_tenant_id, v_job);
  else
    perform core.absorb_jobs(p_tenant_id, v_job);
  end if;
  return v_job;
end
$function$;

comment on function core.fail_job(uuid, core.jobs, text, text) is
  'Ends a failed attempt: pending again with a growing pause, or dead; null if its lease was lost';

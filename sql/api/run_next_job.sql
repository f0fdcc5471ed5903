-- Claims and runs one due job in one transaction: what psql and pg_cron call. No lease is seen by
-- others and none is needed, because the job is locked until the end; an attempt that does not come
-- to an end (the session is killed) was never made. Webhooks that mark the job's key meanwhile do
-- not wait. Locks: as core.claim_job, and what the task takes.
create or replace function api.run_next_job(p_tenant_id uuid, p_queues text[])
  returns setof core.jobs
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_job core.jobs;
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_queues(p_queues);
  perform core.check_job_isolation();
  v_job := core.claim_job(p_tenant_id, p_queues, interval '1 hour', session_user);
  if v_job.job_id is not null then
    return next core.run_job(p_tenant_id, v_job);
  end if;
end
$function$;

comment on function api.run_next_job(uuid, text[]) is
$doc$Runs the due job of these queues that has waited longest; returns it as it is then, or nothing.
status: succeeded, pending (failed, and will be tried again) or dead (see api.worker_failed_jobs).
Raises: HL002 unknown_tenant for null, HL009 wrong_isolation, HL026 unknown_queue.
Example: select * from api.run_next_job(:tenant, '{attribution,maintenance,housekeeping}');$doc$;

revoke all on function api.run_next_job(uuid, text[]) from public;
grant execute on function api.run_next_job(uuid, text[]) to hookledger_worker, hookledger_dba;

-- The second of a worker's two steps: runs the job it holds a lease of, in one transaction. The
-- lease is proved at the start and again with the result: a run whose job was taken by another
-- meanwhile leaves no trace. Locks: what the task takes; the job only at the end.
create or replace function api.run_leased_job(
  p_tenant_id uuid,
  p_job_id uuid,
  p_lease_token uuid
)
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
  perform core.check_job_isolation();
  v_job := core.leased_job(p_tenant_id, p_job_id, p_lease_token);
  if v_job.job_id is null then
    perform core.raise_error('lease_lost', format('job_id %s', p_job_id));
  end if;
  return next core.run_job(p_tenant_id, v_job);
end
$function$;

comment on function api.run_leased_job(uuid, uuid, uuid) is
$doc$Runs a job that api.lease_next_job returned, by its lease_token; returns it as it is then.
status: succeeded, pending (failed, and will be tried again) or dead (see api.worker_failed_jobs).
Raises: HL002 unknown_tenant for null, HL009 wrong_isolation, HL021 lease_lost.
Example: select * from api.run_leased_job(:tenant, :job_id, :lease_token);$doc$;

revoke all on function api.run_leased_job(uuid, uuid, uuid) from public;
grant execute on function api.run_leased_job(uuid, uuid, uuid)
  to hookledger_worker, hookledger_dba;

-- A worker gives back a job it will not finish: because it is being stopped (then the attempt does
-- not count and the job is due at once), or because the run was cut off by something that
-- core.run_job cannot catch, such as a cancelled query (then it failed with that SQLSTATE).
-- Locks: the job, and the pending ones of its key.
create or replace function api.release_leased_job(
  p_tenant_id uuid,
  p_job_id uuid,
  p_lease_token uuid,
  p_sqlstate text default null
)
  returns boolean
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_lane uuid := core.uuid_v7();
  v_job core.jobs;
begin
  perform core.set_tenant(p_tenant_id);
  v_job := core.leased_job(p_tenant_id, p_job_id, p_lease_token);
  if p_sqlstate is not null and v_job.job_id is not null then
    v_job := core.fail_job(p_tenant_id, v_job, left(p_sqlstate, 5), null);
    return v_job.job_id is not null;
  end if;
  update core.jobs
     set status = 'pending', lane = v_lane, attempts = attempts - 1, run_at = v_now,
         leased_until = null, lease_token = null
   where tenant_id = p_tenant_id and job_id = p_job_id and lease_token = p_lease_token;
  return found;
end
$function$;

comment on function api.release_leased_job(uuid, uuid, uuid, text) is
$doc$Gives a leased job back: uncounted, or failed with p_sqlstate; false when the lease was lost.
Raises: HL002 unknown_tenant for null.
Example: select api.release_leased_job(:tenant, :job_id, :lease_token);$doc$;

revoke all on function api.release_leased_job(uuid, uuid, uuid, text) from public;
grant execute on function api.release_leased_job(uuid, uuid, uuid, text)
  to hookledger_worker, hookledger_dba;

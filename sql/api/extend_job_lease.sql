-- The heartbeat of a worker, from another connection while the job runs. A lease that has ended is
-- prolonged as long as nobody has taken the job. Locks: the job, for this short transaction.
create or replace function api.extend_job_lease(
  p_tenant_id uuid,
  p_job_id uuid,
  p_lease_token uuid,
  p_lease interval
)
  returns boolean
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_lease(p_lease);
  update core.jobs
     set leased_until = v_now + p_lease, heartbeat_at = v_now
   where tenant_id = p_tenant_id and job_id = p_job_id and lease_token = p_lease_token;
  return found;
end
$function$;

comment on function api.extend_job_lease(uuid, uuid, uuid, interval) is
$doc$Prolongs the lease of a running job from now; false when the job ended or somebody else has it.
Raises: HL002 unknown_tenant for null, HL025 invalid_lease.
Example: select api.extend_job_lease(:tenant, :job_id, :lease_token, interval '1 minute');$doc$;

revoke all on function api.extend_job_lease(uuid, uuid, uuid, interval) from public;
grant execute on function api.extend_job_lease(uuid, uuid, uuid, interval)
  to hookledger_worker, hookledger_dba;

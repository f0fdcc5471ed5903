-- The first of a worker's two steps: the claim, committed by the caller, so that the attempt counts
-- even if the worker is killed in it and everybody sees who has the job. The lease's end makes the
-- job due again. Locks: as core.claim_job, for this short transaction.
create or replace function api.lease_next_job(
  p_tenant_id uuid,
  p_queues text[],
  p_lease interval,
  p_worker text
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
  perform core.check_queues(p_queues);
  perform core.check_lease(p_lease);
  perform core.check_job_isolation();
  v_job := core.claim_job(p_tenant_id, p_queues, p_lease, p_worker);
  if v_job.job_id is not null then
    return next v_job;
  end if;
end
$function$;

comment on function api.lease_next_job(uuid, text[], interval, text) is
$doc$Takes the due job of these queues that has waited longest under a lease; commit, then run it.
To run: api.run_leased_job with its job_id and lease_token; meanwhile api.extend_job_lease.
Raises: HL002 unknown_tenant for null, HL009 wrong_isolation, HL025 invalid_lease,
HL026 unknown_queue.
Example: select * from api.lease_next_job(:tenant, '{attribution}', '1 minute', 'host:1');$doc$;

revoke all on function api.lease_next_job(uuid, text[], interval, text) from public;
grant execute on function api.lease_next_job(uuid, text[], interval, text)
  to hookledger_worker, hookledger_dba;

-- A person decides that a dead job is not worth another attempt. Locks: the report.
create or replace function api.give_up_failed_job(
  p_tenant_id uuid,
  p_failed_job_id uuid,
  p_reason text
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_failed core.worker_failed_jobs;
begin
  perform core.set_tenant(p_tenant_id);
  v_failed := core.lock_failed_job(p_tenant_id, p_failed_job_id);
  if v_failed.status <> 'open' then
    perform core.raise_error('failed_job_settled', format('failed_job_id %s', p_failed_job_id));
  end if;
  update core.worker_failed_jobs
     set status = 'given_up', resolution_note = p_reason, resolved_by = session_user,
         resolved_at = v_now
   where tenant_id = p_tenant_id and failed_job_id = p_failed_job_id;
end
$function$;

comment on function api.give_up_failed_job(uuid, uuid, text) is
$doc$Closes the report of a dead job with a reason; api.retry_failed_job can still have it done.
Raises: HL002 unknown_tenant for null, HL023 unknown_failed_job, HL024 failed_job_settled; 23514
for personal data in the reason.
Example: select api.give_up_failed_job(:tenant, :failed_job_id, 'the shop was closed');$doc$;

revoke all on function api.give_up_failed_job(uuid, uuid, text) from public;
grant execute on function api.give_up_failed_job(uuid, uuid, text) to hookledger_dba;

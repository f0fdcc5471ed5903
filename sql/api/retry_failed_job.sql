-- A person has a dead job done again, with all its attempts; one that was given up, too. Locks: the
-- report, then as core.enqueue_job.
create or replace function api.retry_failed_job(p_tenant_id uuid, p_failed_job_id uuid)
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
  if v_failed.status = 'retried' then
    perform core.raise_error('failed_job_settled', format('failed_job_id %s', p_failed_job_id));
  end if;
  update core.worker_failed_jobs
     set status = 'retried', resolved_by = session_user, resolved_at = v_now
   where tenant_id = p_tenant_id and failed_job_id = p_failed_job_id;
  perform core.enqueue_job(
    p_tenant_id, v_failed.queue, v_failed.task, v_failed.key, v_failed.args, v_now);
end
$function$;

comment on function api.retry_failed_job(uuid, uuid) is
$doc$Has a dead job done again (see api.worker_failed_jobs), with all its attempts.
Raises: HL002 unknown_tenant for null, HL023 unknown_failed_job, HL024 failed_job_settled.
Example: select api.retry_failed_job(:tenant, :failed_job_id);$doc$;

revoke all on function api.retry_failed_job(uuid, uuid) from public;
grant execute on function api.retry_failed_job(uuid, uuid) to hookledger_dba;

-- The report of a dead job, for somebody who decides about it. Locks: the report.
create or replace function core.lock_failed_job(p_tenant_id uuid, p_failed_job_id uuid)
  returns core.worker_failed_jobs
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_failed core.worker_failed_jobs;
begin
  select f.* into v_failed
    from core.worker_failed_jobs as f
   where f.tenant_id = p_tenant_id and f.failed_job_id = p_failed_job_id
     for update;
  if not found then
    perform core.raise_error('unknown_failed_job', format('failed_job_id %s', p_failed_job_id));
  end if;
  return v_failed;
end
$function$;

comment on function core.lock_failed_job(uuid, uuid) is
$doc$Locks and returns the report of a dead job.
Raises: unknown_failed_job (HL023).$doc$;

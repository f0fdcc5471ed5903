-- Runs a claimed job in a subtransaction: what fails is undone, and the attempt counts as failed
-- with its SQLSTATE. Faults of the machine, too: the same job may succeed later. A cancelled query
-- or a terminated session is not caught, and a run whose job was lost meanwhile (its lease ended
-- and somebody took it) ends in an error, so that nothing of it stays. Locks: what the task takes;
-- the job only at the end, so that its lease can be prolonged meanwhile.
create or replace function core.run_job(p_tenant_id uuid, p_job core.jobs)
  returns core.jobs
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_job core.jobs;
  v_is_ours boolean := true;
  v_sqlstate text;
  v_detail text;
begin
  begin
    v_is_ours := core.finish_job(
      p_tenant_id, p_job, core.run_task(p_tenant_id, p_job.task, p_job.args));
  exception when others or assert_failure then
    get stacked diagnostics
      v_sqlstate = returned_sqlstate,
      v_detail = pg_exception_detail;
  end;
  if v_sqlstate is not null then
    perform core.set_tenant(p_tenant_id);
    v_job := core.fail_job(p_tenant_id, p_job, v_sqlstate, v_detail);
    v_is_ours := v_job.job_id is not null;
  end if;
  if not v_is_ours then
    perform core.raise_error('lease_lost', format('job_id %s', p_job.job_id));
  end if;
  select j.* into strict v_job
    from core.jobs as j
   where j.tenant_id = p_tenant_id and j.job_id = p_job.job_id;
  return v_job;
end
$function$;

comment on function core.run_job(uuid, core.jobs) is
$doc$Runs a claimed job to its result, or to a failed attempt; returns the job as it is then.
Raises: lease_lost (HL021).$doc$;

-- A job that is dead is reported for a person, once per key: one that dies again while nobody has
-- looked yet adds to the report. Locks: the report of the key.
create or replace function core.report_dead_job(p_tenant_id uuid, p_job core.jobs)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_failed_job_id uuid := core.uuid_v7();
begin
  insert into core.worker_failed_jobs as f (
    tenant_id, failed_job_id, job_id, queue, task, key, args, attempts, sqlstate, message, detail,
    first_failed_at, last_failed_at
  )
  values (
    p_tenant_id, v_failed_job_id, p_job.job_id, p_job.queue, p_job.task, p_job.key, p_job.args,
    p_job.attempts, p_job.sqlstate, p_job.message, p_job.detail, p_job.finished_at,
    p_job.finished_at
  )
  on conflict (tenant_id, task, key) where status = 'open' do update
    set job_id = excluded.job_id, args = excluded.args, failures = f.failures + 1,
        attempts = f.attempts + excluded.attempts, sqlstate = excluded.sqlstate,
        message = excluded.message, detail = excluded.detail,
        last_failed_at = excluded.last_failed_at;
end
$function$;

comment on function core.report_dead_job(uuid, core.jobs) is
  'Writes a dead job into core.worker_failed_jobs, or adds it to the open report of its key';

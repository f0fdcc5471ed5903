-- The dead jobs of the session's tenant: a person retries them or gives them up.
create or replace view api.worker_failed_jobs with (security_barrier) as
  select
    f.failed_job_id, f.job_id, f.queue, f.task, f.key, f.args, f.attempts, f.failures, f.sqlstate,
    f.message, f.detail, f.status, f.first_failed_at, f.last_failed_at, f.resolution_note,
    f.resolved_by, f.resolved_at
  from core.worker_failed_jobs as f
  where f.tenant_id = (select core.current_tenant());

comment on view api.worker_failed_jobs is
  'Jobs of the session''s tenant that failed for good, and what was decided about them';

revoke all on api.worker_failed_jobs from public;
grant select on api.worker_failed_jobs to hookledger_dba, hookledger_reader;

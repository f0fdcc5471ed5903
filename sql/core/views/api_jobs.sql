-- The job queue of the session's tenant, without what proves a lease.
create or replace view api.jobs with (security_barrier) as
  select
    j.job_id, j.queue, j.task, j.key, j.args, j.status, j.attempts, j.max_attempts, j.run_at,
    j.leased_until, j.leased_by, j.heartbeat_at, j.created_at, j.started_at, j.finished_at,
    j.sqlstate, j.message, j.detail, j.result
  from core.jobs as j
  where j.tenant_id = (select core.current_tenant());

comment on view api.jobs is
  'What the worker has to do, does and did lately for the session''s tenant';

revoke all on api.jobs from public;
grant select on api.jobs to hookledger_dba, hookledger_reader;

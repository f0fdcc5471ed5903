"""The job queue, and the jobs that failed for good."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Row-level security lets a condition into an index only where nothing in it can leak a row: CASE
# passes for that, COALESCE does not.
# No foreign key leads from a job to its tenant: every webhook that marks a day would share-lock
# the tenant's row. Statistics and vacuum follow the churn of a queue, not the size of its history.
UP = """
create table core.jobs (
  tenant_id uuid not null,
  job_id uuid not null,
  queue text not null,
  task text not null,
  key text not null,
  lane uuid not null,
  args jsonb not null default '{}',
  status text not null default 'pending',
  attempts integer not null default 0,
  max_attempts integer not null default 10,
  run_at timestamptz not null,
  leased_until timestamptz,
  lease_token uuid,
  leased_by text,
  heartbeat_at timestamptz,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  sqlstate text,
  message text,
  detail text,
  result jsonb,
  constraint jobs_pkey primary key (tenant_id, job_id),
  constraint queue_is_known check (queue in ('attribution', 'maintenance', 'housekeeping')),
  constraint task_is_a_plain_name check (task ~ '^[a-z][a-z0-9_]{0,50}$'),
  constraint key_is_short check (length(key) <= 200),
  constraint args_is_an_object check (jsonb_typeof(args) = 'object'),
  constraint status_is_known check (status in ('pending', 'running', 'succeeded', 'dead')),
  constraint lease_is_of_running_jobs check
    ((status = 'running') = (leased_until is not null and lease_token is not null)),
  constraint finished_is_succeeded_or_dead check
    ((status in ('succeeded', 'dead')) = (finished_at is not null)),
  constraint attempts_are_counted check (attempts >= 0 and max_attempts >= 1)
)
with (
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 500,
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_analyze_threshold = 500
);
comment on table core.jobs is
  'The job queue: what a tenant''s data still needs done, is being done, and was done lately';
comment on column core.jobs.key is
  'What the task is done to; one pending job per tenant, task and key is enough';
comment on column core.jobs.lane is
  'Who marks a key takes the id of its latest job, so that of several at once one gets through; '
  'a value of its own has the job that must not wait for another';
comment on column core.jobs.status is
  'pending (also while it waits to be tried again), running, succeeded, dead (failed for good)';
comment on column core.jobs.attempts is 'How often it was started';
comment on column core.jobs.run_at is 'Not before; after a failure the time of the next attempt';
comment on column core.jobs.leased_until is
  'When a running job is due again, because whoever ran it no longer says so';
comment on column core.jobs.lease_token is
  'Proves that a run still owns its job: a run that lost it cannot write its result';
comment on column core.jobs.leased_by is 'Which worker runs it, or ran it last';
comment on column core.jobs.heartbeat_at is 'When the worker last prolonged the lease';
comment on column core.jobs.started_at is 'When the latest attempt began';
comment on column core.jobs.sqlstate is 'Of the latest failure; message and detail hold no value';
comment on column core.jobs.result is 'What the task returned';

create unique index jobs_pending_once on core.jobs (tenant_id, task, key, lane)
  where status = 'pending';
create index jobs_by_key on core.jobs (tenant_id, task, key, job_id);
create index jobs_due on core.jobs
  (tenant_id, queue, (case when leased_until is null then run_at else leased_until end), job_id)
  where finished_at is null;
create index jobs_by_start on core.jobs (tenant_id, queue, started_at) where status <> 'pending';

create table core.worker_failed_jobs (
  tenant_id uuid not null,
  failed_job_id uuid not null,
  job_id uuid not null,
  queue text not null,
  task text not null,
  key text not null,
  args jsonb not null,
  attempts integer not null,
  failures integer not null default 1,
  sqlstate text not null,
  message text not null,
  detail text,
  status text not null default 'open',
  first_failed_at timestamptz not null,
  last_failed_at timestamptz not null,
  resolution_note text,
  resolved_by text,
  resolved_at timestamptz,
  constraint worker_failed_jobs_pkey primary key (tenant_id, failed_job_id),
  constraint status_is_known check (status in ('open', 'retried', 'given_up')),
  constraint resolved_is_explained check
    ((status = 'open') = (resolved_by is null and resolved_at is null))
);
comment on table core.worker_failed_jobs is
  'Jobs that failed for good, for a person to look at: to retry, or to give up with a reason';
comment on column core.worker_failed_jobs.job_id is 'The job that died last';
comment on column core.worker_failed_jobs.failures is
  'How many jobs of this key died since somebody last looked';
comment on column core.worker_failed_jobs.attempts is 'Of all these jobs together';
comment on column core.worker_failed_jobs.status is
  'open, retried (by a person, or a later job of the key succeeded), given_up';

create unique index worker_failed_jobs_open_once on core.worker_failed_jobs (tenant_id, task, key)
  where status = 'open';
"""

DOWN = """
drop table core.worker_failed_jobs cascade;
drop table core.jobs cascade;
truncate core.sql_files;
"""


def upgrade() -> None:
    """Create the tables."""
    op.get_bind().exec_driver_sql(UP, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Drop them with all that is built on them; `migrate` applies the SQL files again."""
    op.get_bind().exec_driver_sql(DOWN, execution_options={"no_parameters": True})

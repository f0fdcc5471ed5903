alter table core.jobs enable row level security;
alter table core.jobs force row level security;

drop policy if exists jobs_all_owner on core.jobs;
create policy jobs_all_owner on core.jobs
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

-- api.tenants_with_due_jobs: whose turn is it? When and in which queue, not what.
drop policy if exists jobs_select_operator on core.jobs;
create policy jobs_select_operator on core.jobs
  for select to hookledger_operator
  using (true);
grant select (
    tenant_id, job_id, queue, status, run_at, leased_until, started_at, finished_at)
  on core.jobs to hookledger_operator;

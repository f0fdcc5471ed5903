alter table core.worker_failed_jobs enable row level security;
alter table core.worker_failed_jobs force row level security;

drop policy if exists worker_failed_jobs_all_owner on core.worker_failed_jobs;
create policy worker_failed_jobs_all_owner on core.worker_failed_jobs
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

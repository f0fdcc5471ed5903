alter table core.attribution_recompute_jobs enable row level security;
alter table core.attribution_recompute_jobs force row level security;

drop policy if exists attribution_recompute_jobs_all_owner on core.attribution_recompute_jobs;
create policy attribution_recompute_jobs_all_owner on core.attribution_recompute_jobs
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

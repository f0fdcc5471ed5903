alter table core.reconciliation_runs enable row level security;
alter table core.reconciliation_runs force row level security;

drop policy if exists reconciliation_runs_all_owner on core.reconciliation_runs;
create policy reconciliation_runs_all_owner on core.reconciliation_runs
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

-- The comparisons with providers' statements of the session's tenant.
create or replace view api.reconciliation_runs with (security_barrier) as
  select
    r.run_id, r.provider, r.period, r.status, r.balanced, r.statement_sha256, r.repeats_run_id,
    r.row_count, r.unread_rows, r.other_rows, r.duplicate_rows, r.entry_count, r.matched,
    r.missing_here, r.missing_there, r.amount_differs, r.currency_differs, r.totals, r.started_at,
    r.finished_at, r.started_by
  from core.reconciliation_runs as r
  where r.tenant_id = (select core.current_tenant());

comment on view api.reconciliation_runs is
  'Comparisons of the session''s tenant''s ledger with statements: counts, totals per currency';

revoke all on api.reconciliation_runs from public;
grant select on api.reconciliation_runs to hookledger_dba, hookledger_reader;

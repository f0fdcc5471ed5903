-- The recomputes of the session's tenant.
create or replace view api.recomputes with (security_barrier) as
  select
    j.window_start, j.window_end, j.model, j.model_version, j.run_count, j.status, j.checksum,
    j.sale_count, j.reversal_count, j.waiting_count, j.allocation_count, j.started_at,
    j.finished_at
  from core.attribution_recompute_jobs as j
  where j.tenant_id = (select core.current_tenant());

comment on view api.recomputes is
  'Which windows were computed by which model, how often and when last, with the checksum';

revoke all on api.recomputes from public;
grant select on api.recomputes to hookledger_dba, hookledger_reader;

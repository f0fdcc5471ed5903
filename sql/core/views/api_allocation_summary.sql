-- The summary of the session's tenant, from the daily sums that every recompute keeps, so that it
-- costs what changed and is as of the tenant's latest recompute. (core.mv_allocation_summary is the
-- same for all tenants, as of its refresh.) event_revenue_minor and drift_minor are those of the
-- day, model and currency over all channels, the same on each of its rows: what was booked, and by
-- how much the allocations miss it.
create or replace view api.allocation_summary with (security_barrier) as
  select
    s.day, s.channel, s.model, s.model_version, s.currency, s.event_revenue_minor,
    s.allocated_minor, s.drift_minor = 0 as is_balanced, s.drift_minor,
    (select max(j.finished_at)
       from core.attribution_recompute_jobs as j
      where j.tenant_id = (select core.current_tenant())) as as_of
  from core.allocation_day_sums as s
  where s.tenant_id = (select core.current_tenant());

comment on view api.allocation_summary is
  'Per UTC day, channel, model and currency what was allocated, beside the day''s revenue, as of '
  'the latest recompute';

revoke all on api.allocation_summary from public;
grant select on api.allocation_summary to hookledger_dba, hookledger_reader;

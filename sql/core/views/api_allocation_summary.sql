-- The summary of the session's tenant, as it was at as_of. event_revenue_minor and drift_minor are
-- those of the day, model and currency over all channels, the same on each of its rows: what was
-- booked, and by how much the allocations miss it.
create or replace view api.allocation_summary with (security_barrier) as
  select
    s.day, s.channel, s.model, s.model_version, s.currency, s.event_revenue_minor,
    s.allocated_minor, s.is_balanced, s.drift_minor,
    (select r.refreshed_at from core.summary_refreshes as r) as as_of
  from core.mv_allocation_summary as s
  where s.tenant_id = (select core.current_tenant());

comment on view api.allocation_summary is
  'Per UTC day, channel, model and currency what was allocated, beside the day''s revenue, as of the '
  'last refresh';

revoke all on api.allocation_summary from public;
grant select on api.allocation_summary to hookledger_dba, hookledger_reader;

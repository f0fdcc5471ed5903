-- The ledger of the session's tenant. Net revenue: sum(amount_minor) over sale, refund and
-- correction, per currency.
create or replace view api.revenue with (security_barrier) as
  select
    l.provider, l.kind, l.object_id, l.parent_object_id, l.event_id, l.currency, l.amount_minor,
    l.occurred_at, l.booked_at
  from core.revenue_ledger as l
  where l.tenant_id = (select core.current_tenant());

comment on view api.revenue is
  'The ledger of the session''s tenant, in ISO 4217 minor units: '
  'sales +, refunds and disputes -, corrections +';

revoke all on api.revenue from public;
grant select on api.revenue to hookledger_dba, hookledger_reader;

-- The allocations of the session's tenant. Each ledger entry is divided once by each model,
-- whatever window computed it: sums over a model are sums of the ledger. A query that names the
-- model and bounds occurred_at reads a range of the primary key; a security barrier lends it no
-- order.
create or replace view api.allocations with (security_barrier) as
  select
    a.model, a.model_version, a.occurred_at, (a.occurred_at at time zone 'UTC')::date as day,
    a.channel, a.currency, a.amount_minor, a.kind, a.provider, a.object_id, a.event_id,
    a.sale_event_id
  from core.attribution_allocations as a
  where a.tenant_id = (select core.current_tenant());

comment on view api.allocations is
  'Which channel earned how much of each sale, by each model, and what refunds took back; ISO 4217 '
  'minor units';

revoke all on api.allocations from public;
grant select on api.allocations to hookledger_dba, hookledger_reader;

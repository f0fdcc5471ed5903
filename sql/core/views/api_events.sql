-- Canonical events of the session's tenant: a reporting login's by its binding, a DBA's by
-- app.current_tenant_id (as a worker's), nobody's without.
create or replace view api.events with (security_barrier) as
  select
    e.event_id, e.receipt_id, e.endpoint_id, e.provider, e.event_type, e.kind, e.object_id,
    e.parent_object_id, e.occurred_at, e.received_at, e.currency, e.amount_minor, e.session_id,
    e.customer_key, e.utm_source, e.utm_medium, e.utm_campaign, e.referrer, e.landing_page,
    e.channel, e.verification, e.reason, e.redacted_count, e.payload, e.status,
    e.verification <> 'unverified' as verified
  from core.attribution_events as e
  where e.tenant_id = (select core.current_tenant());

comment on view api.events is
  'What happened: the canonical events of the session''s tenant; amounts in ISO 4217 minor units';

revoke all on api.events from public;
grant select on api.events to hookledger_dba, hookledger_reader, hookledger_worker;

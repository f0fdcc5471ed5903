-- The gate rows of the session's tenant: what was answered to each distinct delivery, and how often
-- it came. A DBA compares it with what a sender's own log says.
create or replace view api.deliveries with (security_barrier) as
  select
    g.receipt_id, g.endpoint_id, g.delivery_key, g.topic, g.status, g.event_id, g.reason,
    g.verification, g.request_sha256 as body_sha256, g.body_bytes, g.seen_count, g.conflict_count,
    g.outcome, g.first_seen_at, g.last_seen_at
  from core.webhook_dedup_events as g
  where g.tenant_id = (select core.current_tenant());

comment on view api.deliveries is
  'Each distinct delivery of the session''s tenant once: its receipt, and how often it was seen';

revoke all on api.deliveries from public;
grant select on api.deliveries to hookledger_dba, hookledger_reader;

-- Dead letters: made, looked at and replayed.

create or replace function tap.own_order(p_id text, p_more jsonb default '{}')
  returns jsonb
  language sql
as $function$
  select jsonb_build_object('type', 'order.paid', 'timestamp', '2026-03-01T10:00:05Z', 'data',
    jsonb_build_object('object_id', p_id, 'currency', 'EUR', 'amount_minor', 10000,
      'occurred_at', '2026-03-01T10:00:00Z') || p_more)
$function$;
comment on function tap.own_order(text, jsonb) is
  'An order.paid of 100.00 EUR; p_more replaces and adds members of its data';

create or replace function tap.own_refund(p_id text, p_order_id text, p_amount bigint)
  returns jsonb
  language sql
as $function$
  select jsonb_build_object('type', 'order.refunded', 'timestamp', '2026-03-02T10:00:05Z', 'data',
    jsonb_build_object('object_id', p_id, 'parent_object_id', p_order_id, 'currency', 'EUR',
      'amount_minor', p_amount, 'occurred_at', '2026-03-02T10:00:00Z'))
$function$;
comment on function tap.own_refund(text, text, bigint) is 'An order.refunded in EUR';

create or replace function tap.standard(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_webhook_id text,
  p_body jsonb,
  p_headers jsonb default '{}',
  out status text,
  out receipt_id uuid,
  out event_id uuid,
  out reason text
)
  language sql
as $function$
  select s.*
    from tap.send(p_tenant_id, p_endpoint_id,
      jsonb_build_object('webhook-id', p_webhook_id) || p_headers, p_body::text) as s
$function$;
comment on function tap.standard(uuid, uuid, text, jsonb, jsonb) is 'Sends an own event';

create or replace function tap.replay(p_tenant_id uuid, p_filter jsonb default '{}')
  returns text
  language sql
as $function$
  select concat_ws(' ', r.matched, r.replayed, r.skipped, r.failed, r.first_error)
    from api.replay_dead_events(p_tenant_id, p_filter) as r
$function$;
comment on function tap.replay(uuid, jsonb) is
  'Replays dead letters: matched, replayed, skipped, failed and the first error as one text';

create or replace function tap.queue(p_tenant_id uuid, p_receipt_id uuid default null)
  returns text
  language sql
  volatile
as $function$
  select string_agg(
      concat_ws(' ', d.position, d.reason, d.status, d.attempts, d.resolution_note),
      ', ' order by d.first_failed_at, d.position)
    from core.dead_events as d
   where d.tenant_id = p_tenant_id and d.receipt_id = coalesce(p_receipt_id, d.receipt_id)
$function$;
comment on function tap.queue(uuid, uuid) is
  'The dead letters of a tenant or receipt: position, reason, status, attempts and note of each';

create or replace function tap.ledger(p_tenant_id uuid)
  returns text
  language sql
  volatile
as $function$
  select string_agg(concat_ws(' ', l.kind, l.object_id, l.amount_minor), ', '
      order by l.booked_at, l.object_id)
    from core.revenue_ledger as l
   where l.tenant_id = p_tenant_id
$function$;
comment on function tap.ledger(uuid) is 'The ledger of a tenant: kind, object and amount of each';

create or replace function tap.gate(p_tenant_id uuid, p_receipt_id uuid)
  returns text
  language sql
  volatile
as $function$
  select concat_ws(' ', g.outcome, g.status, g.reason,
      case when g.event_id is not null then 'with event' end)
    from core.webhook_dedup_events as g
   where g.tenant_id = p_tenant_id and g.receipt_id = p_receipt_id
$function$;
comment on function tap.gate(uuid, uuid) is 'What the gate tells of a receipt';

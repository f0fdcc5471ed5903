-- What comes in place of an order, and personal data out of place.
begin;
select plan(29);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'woocommerce') as endpoint_id, tap.endpoint(tenant_id, 'woocommerce', '{"pii": "redact"}') as redact
from tap.tenant() as tenant_id;
create function pg_temp.send(p_body text, p_headers jsonb default '{}', out status text, out reason text, out receipt_id uuid)
  language sql as $$
  select s.status, s.reason, s.receipt_id
    from t, tap.send(t.tenant_id, t.endpoint_id, tap.woocommerce_headers('order.updated', p_headers), p_body) as s
$$;

select is((select concat_ws(' ', s.status, s.reason) from pg_temp.send(c.body) as s), c.expected, c.name)
from (values
  ('', 'dead invalid_json', 'an empty body, which WooCommerce signs when PHP cannot write the order as JSON'),
  ('[]', 'dead not_an_object', 'an empty list, which the legacy API sends for an unknown order'),
  ('{"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}', 'dead missing_field',
    'the error for an order that is gone'),
  ('{"id": 5}', 'dead missing_field', 'an id alone'),
  ('{"id": 5, "id": 6}', 'dead duplicate_keys', 'a key named twice'),
  ('{"id": 5, "status": "processing", "total": "1.00", "currency": "EUR", "date_paid_gmt": {"date": "2026-03-01"}}',
    'dead invalid_timestamp', 'a time that is an object'),
  ('{"id": 5, "status": "processing", "total": "1.00", "currency": ["EUR"], "date_paid_gmt": "2026-03-01T00:00:00"}',
    'dead currency_unknown', 'a currency that is a list'),
  ('{"id": [5], "status": "processing", "total": "1.00", "currency": "EUR", "date_paid_gmt": "2026-03-01T00:00:00"}',
    'dead invalid_field', 'an id that is a list'),
  ('{"id": 5, "status": "processing", "total": "1.00", "currency": "EUR", "date_paid_gmt": "2026-03-01T00:00:00", "refunds": {"1": {}}}',
    'dead invalid_field', 'refunds that are an object'),
  ('{"id": 5, "status": "processing", "total": "1.00", "currency": "EUR", "date_paid": "2026-03-01T00:00:00"}', 'dead missing_field',
    'an order of API version v1, whose times name no zone'),
  ('webhook_id=9', 'dead invalid_json', 'a ping that somebody signed')
) as c (body, expected, name);
select is((select count(*) from core.attribution_events join t using (tenant_id)), 0::bigint, 'none of this becomes an event');

-- Personal data at its usual places is dropped; in what is kept it quarantines.
create function pg_temp.order_with(p_more jsonb) returns text language sql as $$
  select (tap.woocommerce_order(10) || p_more)::text
$$;
select is((select concat_ws(' ', s.status, s.reason) from pg_temp.send(pg_temp.order_with(c.more)) as s), c.expected, c.name)
from (values
  ('{"billing": {"email": "zebulon@example.com", "phone": "+1 212 555 0143"}, "customer_note": "call +1 212 555 0143",
     "anything": {"email": "zebulon@example.com"}, "meta_data": [{"key": "_vat_number", "value": "zebulon@example.com"}]}'::jsonb,
    'accepted', 'a full order is accepted'),
  ('{"payment_method": "zebulon@example.com", "total": "10.01"}', 'dead pii_violation', 'a mail address as payment method'),
  ('{"total": "10.02", "status": "zebulon@example.com"}', 'dead pii_violation', 'or as status'),
  ('{"total": "10.03", "line_items": [{"id": 1, "quantity": {"email": "zebulon@example.com"}}]}', 'dead pii_violation', 'or inside an item'),
  ('{"total": "10.04", "refunds": [{"id": "zebulon@example.com", "total": "-1.00"}]}', 'dead pii_violation', 'or as a refund''s id')
) as c (more, expected, name);
select is(
  (select concat_ws(' ', s.status, s.reason) from t, tap.woocommerce(t.tenant_id, t.redact,
    (tap.woocommerce_order(11) || '{"status": "zebulon@example.com"}')) as s), 'accepted', 'where the endpoint redacts, it is booked');
select is((select s.status from core.object_states as s join t using (tenant_id) where s.object_id = 'shop.example:11'), 'unknown',
  'in an unknown state');

-- Headers
select is((select concat_ws(' ', s.status, s.reason) from pg_temp.send(tap.woocommerce_order(12)::text, c.headers) as s), c.expected, c.name)
from (values
  ('{"x-wc-webhook-source": "https://zebulon@example.com/"}'::jsonb, 'accepted', 'a mail address in the source'),
  ('{"x-wc-webhook-delivery-id": "zebulon@example.com", "x-wc-webhook-source": "https://b.example"}', 'accepted', 'or as delivery id'),
  ('{"x-wc-webhook-id": "zebulon@example.com", "x-wc-webhook-source": "https://c.example"}', 'accepted', 'or as webhook id'),
  ('{"x-wc-webhook-topic": "zebulon@example.com"}', 'ignored topic', 'or as topic'),
  ('{"x-wc-webhook-topic": null}', 'dead missing_field', 'no topic'),
  ('{"x-wc-webhook-source": ["a"], "x-wc-webhook-id": {"b": 1}, "x-wc-webhook-delivery-id": 7}', 'accepted', 'headers that are no texts')
) as c (headers, expected, name);
select is((select s.reason from pg_temp.send('{"id": 1', '{"x-wc-webhook-delivery-id": "one"}') as s), 'invalid_json',
  'an unreadable body still has its delivery');
select isnt(
  (select s.receipt_id from pg_temp.send('{"id": 1', '{"x-wc-webhook-delivery-id": "one"}') as s),
  (select s.receipt_id from pg_temp.send('{"id": 2', '{"x-wc-webhook-delivery-id": "one"}') as s),
  'and another one under that id is another delivery');
select is((select count(*) from core.dead_events as d join t using (tenant_id) where d.reason = 'delivery_id_conflict'), 0::bigint,
  'never a conflict');
select is(
  (select count(*) from (
    select e.payload::text || e.object_id || e.dedup_key as kept from core.attribution_events as e join t using (tenant_id)
    union all
    select concat_ws('|', d.payload, d.masked_body, d.detail, d.headers, d.delivery_key, d.topic) from core.dead_events as d join t using (tenant_id)
    union all
    select concat_ws('|', g.delivery_key, g.topic) from core.webhook_dedup_events as g join t using (tenant_id)
  ) as k where k.kept ~* 'zebulon|0143'), 0::bigint, 'and nothing personal is kept anywhere');

select * from finish();
rollback;

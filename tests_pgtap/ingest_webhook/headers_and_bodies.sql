-- Header names are case-insensitive; what is missing or no object counts as no header; a missing body is an empty one.
begin;
select plan(18);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify, tap.endpoint(tenant_id, 'stripe') as stripe
from tap.tenant() as tenant_id;

select is(
  (select row(s.status, s.reason)::text from t, tap.send(t.tenant_id, t.shopify, c.headers::jsonb, tap.shopify_order(c.number)::text) as s),
  c.expected, c.name
)
from (values
  (1, '{"X-Shopify-Topic": "orders/paid", "X-SHOPIFY-EVENT-ID": "e-1"}', '(accepted,)', 'upper-case header names'),
  (2, '{"x-shopify-topic": "Orders/Paid"}', '(accepted,)', 'a topic in another case'),
  (3, null, '(dead,missing_field)', 'no headers: the topic is missing'),
  (4, '{}', '(dead,missing_field)', 'empty headers as well'),
  (5, 'null', '(dead,missing_field)', 'JSON null as headers'),
  (6, '[]', '(dead,missing_field)', 'a list as headers'),
  (7, '"orders/paid"', '(dead,missing_field)', 'a text as headers'),
  (8, '{"x-shopify-topic": null}', '(dead,missing_field)', 'a null topic'),
  (9, '{"x-shopify-topic": ""}', '(dead,missing_field)', 'an empty topic')
) as c (number, headers, expected, name);

select results_eq(
  'select distinct d.stage, d.reason, d.detail from core.dead_events as d, t where d.tenant_id = t.tenant_id',
  $$values ('identify', 'missing_field', 'topic')$$, 'each lies in the queue for want of a topic'
);
select is((select row(s.status, s.reason)::text from t, tap.send(t.tenant_id, t.stripe, null,
  tap.stripe_event('payment_intent.succeeded', tap.stripe_payment_intent('pi_1'))::text) as s), '(accepted,)', 'Stripe needs no header');

create temp table bodiless as
select c.name, s.*
from t, (values ('null', null::bytea), ('empty', ''::bytea)) as c (name, body),
  api.ingest_webhook(t.tenant_id, t.shopify, tap.shopify_headers('orders/paid'), c.body, 'signature') as s;
select is((select string_agg(distinct row(status, reason)::text, ' ') from bodiless), '(dead,invalid_json)',
  'a null body and an empty one are dead');
select results_eq(
  'select d.body_bytes, d.body_sha256, d.payload, d.masked_body from core.dead_events as d join bodiless as b on b.receipt_id = d.receipt_id
    where b.name = ''null''',
  $$values (0, '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'::bytea, null::jsonb, null::text)$$,
  'with the hash of nothing'
);

create temp table with_personal_headers as
select s.* from t, tap.send(t.tenant_id, t.shopify,
  '{"x-shopify-topic": "orders/paid", "x-shopify-shop-domain": "zebulon@example.com", "x-shopify-event-id": "+12125550143"}', '{"id": 1') as s;
select is((select row(status, reason)::text from with_personal_headers), '(dead,invalid_json)', 'personal data in headers of a dead delivery');
select is(
  (select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id and d::text ~ 'zebulon|2125550143'), 0::bigint,
  'is not in the queue'
);
select is(
  (select count(*) from core.webhook_dedup_events as g, t where g.tenant_id = t.tenant_id and g::text ~ 'zebulon|2125550143'), 0::bigint,
  'nor in the gate'
);

create temp table untyped as
select s.* from t, tap.send(t.tenant_id, t.shopify,
  '{"x-shopify-topic": "zebulon@example.com", "x-shopify-event-id": "e-7"}', tap.shopify_order(70)::text) as s;
select is((select row(status, reason)::text from untyped), '(ignored,topic)', 'a topic that is a mail address is ignored');
select is(
  (select count(*) from core.webhook_dedup_events as g, t where g.tenant_id = t.tenant_id and g::text ~ 'zebulon'), 0::bigint,
  'and not kept'
);

select * from finish();
rollback;

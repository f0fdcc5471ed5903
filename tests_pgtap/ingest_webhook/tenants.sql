-- The same payload of two tenants is two facts; an endpoint belongs to one tenant only.
begin;
select plan(25);

create temp table t as
select a.tenant_id as a, tap.endpoint(a.tenant_id, 'shopify') as a_endpoint, b.tenant_id as b, tap.endpoint(b.tenant_id, 'shopify') as b_endpoint
from tap.tenant('A') as a (tenant_id), tap.tenant('B') as b (tenant_id);
create temp table headers as
select tap.shopify_headers('orders/paid', '{"x-shopify-event-id": "e-1"}') as headers;

create temp table of_a as
select s.* from t, headers as h, tap.send(t.a, t.a_endpoint, h.headers, tap.shopify_order(1, p_more => '{"customer": {"id": 7}}')::text) as s;
create temp table of_b as
select s.* from t, headers as h, tap.send(t.b, t.b_endpoint, h.headers, tap.shopify_order(1, p_more => '{"customer": {"id": 7}}')::text) as s;

select is((select status from of_a), 'accepted', 'the first tenant''s delivery is accepted');
select is((select status from of_b), 'accepted', 'the second tenant''s, byte for byte the same, as well');
select isnt((select receipt_id from of_a), (select receipt_id from of_b), 'with receipts of their own');
select isnt((select event_id from of_a), (select event_id from of_b), 'and events of their own');
select is((select l.amount_minor from core.revenue_ledger as l, t where l.tenant_id = t.a), 10000::bigint, 'the first has its sale');
select is((select l.amount_minor from core.revenue_ledger as l, t where l.tenant_id = t.b), 10000::bigint, 'the second has its own');
select isnt(
  (select e.customer_key from core.attribution_events as e, t where e.tenant_id = t.a),
  (select e.customer_key from core.attribution_events as e, t where e.tenant_id = t.b),
  'the same customer is not recognisable across them'
);
select lives_ok(
  'select s.* from t, tap.shopify(t.a, t.a_endpoint, ''refunds/create'', tap.shopify_refund(2, 1, ''40.00'')) as s', 'the first gives back 40.00'
);
select is((select sum(l.amount_minor) from core.revenue_ledger as l, t where l.tenant_id = t.a), 6000::numeric, 'which lessens its own net');
select is((select sum(l.amount_minor) from core.revenue_ledger as l, t where l.tenant_id = t.b), 10000::numeric, 'and not the other''s');

select throws_ok(
  format('select tap.send(%L, %L, ''{}'', ''{}'')', c.tenant_id, c.endpoint_id), 'HL001', 'no such endpoint of this tenant', c.name
)
from t, lateral (values
  (t.a, t.b_endpoint, 'another tenant''s endpoint is unknown'),
  (t.a, gen_random_uuid(), 'an endpoint that nobody has is unknown'),
  (gen_random_uuid(), t.a_endpoint, 'a tenant that does not exist has no endpoint'),
  (t.a, null, 'no endpoint is unknown')
) as c (tenant_id, endpoint_id, name);

select throws_ok(
  format('select tap.send(null, %L, ''{}'', ''{}'')', t.a_endpoint), 'HL002', 'no such tenant', 'no tenant is none'
)
from t;

select throws_ok(
  format('select api.ingest_webhook(%L, %L, ''{}'', ''{}'', %L)', t.a, t.a_endpoint, c.verification), 'HL008', 'unknown verification', c.name
)
from t, (values ('trusted', 'an unknown verification is refused'), ('', 'an empty one is'), ('Signature', 'so is another case'),
  (null, 'and none at all')) as c (verification, name);

select is(
  (select s.status from t, api.ingest_webhook(t.a, t.a_endpoint, tap.shopify_headers('orders/paid'),
    convert_to(tap.shopify_order(100 + c.number)::text, 'UTF8'), c.verification) as s),
  'accepted', format('verification %s is known', c.verification)
)
from (values (1, 'signature'), (2, 'requery'), (3, 'secret'), (4, 'postback'), (5, 'none')) as c (number, verification);

select is(
  (select count(*) from core.webhook_dedup_events as g, t where g.tenant_id in (t.a, t.b)), 8::bigint,
  'what was refused left no trace'
);

select * from finish();
rollback;

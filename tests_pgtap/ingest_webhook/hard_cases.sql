-- Cases in which redaction, guard and booking once got in each other's way.
begin;
select plan(14);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify,
  tap.endpoint(tenant_id, 'shopify', '{"pii": "pseudonymise"}') as pseudonymise
from tap.tenant() as tenant_id;

-- An order id of 13 digits that begins with 4 and passes Luhn, refunded above its sale.
select is(
  (select s.reason from t, tap.shopify(t.tenant_id, t.shopify, 'orders/paid', tap.shopify_order(4500000000005)) as s),
  null, 'an order id like a card number is sold'
);
select is(
  (select row(s.status, s.reason)::text from t, tap.shopify(t.tenant_id, t.shopify, 'refunds/create',
    tap.shopify_refund(4500000000013, 4500000000005, '150.00')) as s),
  '(accepted,refund_exceeds_sale)', 'and refunded above what was sold'
);
select is(
  (select d.payload ->> 'order_id' from t, core.dead_events as d where d.tenant_id = t.tenant_id),
  '4500000000005', 'its dead letter still says of which order'
);

select is(
  (select row(s.status, s.reason)::text from t, tap.shopify(t.tenant_id, t.shopify, 'refunds/create',
    tap.shopify_refund(1, 2, p_more => '{"transactions": [{"id": 3, "kind": "refund", "status": "success",
      "amount": "10.00", "currency": "USD", "test": true}]}')) as s),
  '(ignored,test)', 'the refund of a test order is a test'
);

select is(
  (select s.status from t, tap.shopify(t.tenant_id, t.shopify, 'orders/paid',
    tap.shopify_order(10, p_more => '{"landing_site": "/?utm_source=212&utm_medium=555-1234"}')) as s),
  'accepted', 'two columns beside each other form no telephone number'
);
select is(
  (select s.status from t, tap.shopify(t.tenant_id, t.shopify, 'orders/paid', tap.shopify_order(11, p_more => jsonb_build_object(
    'landing_site', '/x?utm_source=jane%40example%2Ecom&utm_medium=jane%2540example.com&utm_campaign=spring',
    'referring_site', 'https://x.example/jane%40example%2Ecom')))
    as s),
  'accepted', 'percent-encoded mail addresses in URLs are dropped silently'
);
select is(
  (select row(e.landing_page, e.referrer, e.utm_source, e.utm_medium, e.utm_campaign)::text
    from t, core.attribution_events as e where e.tenant_id = t.tenant_id and e.object_id = '11'),
  '(/x?utm_campaign=spring,https://x.example/[email],,,spring)', 'and what is left is kept'
);

select is(
  (select s.reason from t, tap.shopify(t.tenant_id, t.shopify, 'orders/paid', tap.shopify_order(c.id, p_more => c.more)) as s),
  'pii_violation', c.name
)
from (values
  (20, '{"prepaid": "4111 1111 1111 1111"}'::jsonb, 'a card number under a key that only ends in id'),
  (21, '{"some_id": "4111 1111 1111 1111"}', 'a card number in groups under an id key'),
  (22, '{"jane@ex": {"com": "real@example.com"}}', 'a key path that forms a mail address'),
  (23, '{"x": "212-555-1234+49 30 1234567+49 30 7654322+49 30 7654323"}', 'numbers glued to each other')
) as c (id, more, name);
select is(
  (select count(*) from t, core.dead_events as d
    where d.tenant_id = t.tenant_id and d.reason = 'pii_violation' and d.payload is not null),
  4::bigint, 'each has a dead letter with its redacted payload'
);

select is(
  (select s.status from t, tap.shopify(t.tenant_id, t.pseudonymise, 'orders/paid',
    tap.shopify_order(30, p_more => '{"x": "212-555-1234+49 30 1234567"}')) as s),
  'accepted', 'glued numbers are pseudonymised'
);
select unalike(
  (select e.payload ->> 'x' from t, core.attribution_events as e where e.tenant_id = t.tenant_id and e.object_id = '30'),
  '%1234%', 'both of them'
);

select * from finish();
rollback;

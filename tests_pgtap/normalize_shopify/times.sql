-- occurred_at is Shopify's own time of the change, never the arrival.
begin;
select plan(14);

select is(
  (select to_char(n.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
     from unnest(core.normalize_shopify(
       tap.shopify_headers(c.topic, '{"x-shopify-triggered-at": "2026-03-09T09:09:09.123456789Z"}'),
       case when c.topic = 'refunds/create' then '{"id": 1, "order_id": 2}'
         else '{"id": 1, "total_price": "1.00", "currency": "EUR", "financial_status": "paid"}' end::jsonb || c.times::jsonb)) as n),
  c.expected,
  c.name
)
from (values
  ('orders/paid', '{"processed_at": "2026-03-04T06:06:07+01:00", "created_at": "2026-03-01T00:00:00Z"}',
    '2026-03-04T05:06:07', 'an order: processed_at, by its offset'),
  ('orders/paid', '{"processed_at": null, "created_at": "2026-03-01T00:00:00-05:00"}',
    '2026-03-01T05:00:00', 'else created_at'),
  ('orders/paid', '{"created_at": "2026-03-01T00:00:00-05:00"}', '2026-03-01T05:00:00', 'also where processed_at is absent'),
  ('orders/paid', '{}', '2026-03-09T09:09:09', 'else the Triggered-At header'),
  ('orders/paid', '{"updated_at": "2026-03-08T00:00:00Z"}', '2026-03-09T09:09:09', 'updated_at is never taken'),
  ('orders/create', '{"processed_at": "2026-03-04T06:06:07+01:00", "created_at": "2026-03-01T00:00:00Z"}',
    '2026-03-04T05:06:07', 'a created order: processed_at as well'),
  ('orders/cancelled', '{"cancelled_at": "2026-03-05T00:00:00Z", "processed_at": "2026-03-04T00:00:00Z"}',
    '2026-03-05T00:00:00', 'a cancellation: cancelled_at'),
  ('orders/cancelled', '{"cancelled_at": null, "processed_at": "2026-03-04T00:00:00Z"}',
    '2026-03-09T09:09:09', 'else the header, not the time of the order'),
  ('orders/paid', '{"cancelled_at": "2026-03-05T00:00:00Z", "processed_at": "2026-03-04T00:00:00Z"}',
    '2026-03-04T00:00:00', 'a payment of an order cancelled later: processed_at'),
  ('refunds/create', '{"processed_at": "2026-03-06T00:00:00+09:00", "created_at": "2026-03-07T00:00:00Z"}',
    '2026-03-05T15:00:00', 'a refund: processed_at'),
  ('refunds/create', '{"processed_at": null, "created_at": "2026-03-07T00:00:00Z"}',
    '2026-03-07T00:00:00', 'else created_at'),
  ('refunds/create', '{}', '2026-03-09T09:09:09', 'else the Triggered-At header')
) as c (topic, times, expected, name);

select throws_ok(
  $$select core.normalize_shopify('{"x-shopify-topic": "orders/paid"}', '{"id": 1, "total_price": "1.00", "currency": "EUR"}')$$,
  'HL111', null, 'an order without any time is refused: the arrival does not stand in'
);
select throws_ok(
  $$select core.normalize_shopify('{"x-shopify-topic": "orders/paid"}',
    '{"id": 1, "total_price": "1.00", "currency": "EUR", "processed_at": "2026-03-04T05:06:07"}')$$,
  'HL115', null, 'a time without offset is refused: Shopify always sends one'
);

select * from finish();
rollback;

-- An order tells each of its refunds in every later delivery.
begin;
select plan(26);

create function pg_temp.events(p_more jsonb, variadic p_refunds jsonb[])
  returns setof core.canonical_event language sql as $$
  select n.*
    from core.redact_woocommerce(tap.woocommerce_order(727, p_more, to_jsonb(p_refunds)), null) as r,
      unnest(core.normalize_woocommerce(tap.woocommerce_headers('order.updated'), r.payload)) as n
$$;

select results_eq(
  $$select e.kind, e.object_id, e.parent_object_id, e.currency, e.amount_minor, e.status
      from pg_temp.events('{}', tap.woocommerce_refund(1000, '-10.00'), tap.woocommerce_refund(726, '-9.00')) as e$$,
  $$values ('sale', 'shop.example:727', null::text, 'EUR', 10000::bigint, 'processing'),
    ('refund', 'shop.example:726', 'shop.example:727', 'EUR', 900, null),
    ('refund', 'shop.example:1000', 'shop.example:727', 'EUR', 1000, null)$$,
  'the sale comes first, then its refunds, the oldest first, with their size'
);
select is((select e.occurred_at at time zone 'UTC' from pg_temp.events('{}', tap.woocommerce_refund(726, '-9.00')) as e
  where e.kind = 'refund'), '2026-03-04T05:06:07'::timestamp, 'a refund occurred when the order was last changed');
select is((select e.event_type from pg_temp.events('{}', tap.woocommerce_refund(726, '-9.00')) as e where e.kind = 'refund'),
  'order.updated', 'its event type is the topic');
select is((select e.payload -> 'refunds' from pg_temp.events(
    '{"line_items": [{"id": 1}]}', tap.woocommerce_refund(1000, '-10.00'), tap.woocommerce_refund(726, '-9.00')) as e
  where e.amount_minor = 900), '[{"id": 726, "total": "-9.00"}]', 'a refund keeps the order with itself alone');
select ok(not (select e.payload ? 'line_items' from pg_temp.events(
    '{"line_items": [{"id": 1}]}', tap.woocommerce_refund(726, '-9.00')) as e where e.kind = 'refund'),
  'and without the items');
select is(
  (select r.dedup_key from pg_temp.events('{}', tap.woocommerce_refund(1000, '-10.00'), tap.woocommerce_refund(726, '-9.00')) as e,
    unnest(core.normalize_woocommerce(tap.woocommerce_headers('order.updated'), e.payload)) as r
    where e.amount_minor = 900 and r.kind = 'refund'),
  (select e.dedup_key from pg_temp.events('{}', tap.woocommerce_refund(726, '-9.00')) as e where e.kind = 'refund'),
  'so that a replay of it makes the same event'
);
select is(
  (select count(distinct e.dedup_key) from (
    select * from pg_temp.events('{}', tap.woocommerce_refund(726, '-9.00'))
    union all
    select * from pg_temp.events('{"status": "refunded", "date_modified_gmt": "2026-03-09T00:00:00"}',
      tap.woocommerce_refund(726, '-9.00'), tap.woocommerce_refund(800, '-91.00'))
  ) as e), 3::bigint, 'told again it is the same fact'
);
select is((select count(*) from pg_temp.events('{}', variadic '{}'::jsonb[])), 1::bigint, 'an order without refunds is one event');

select is((select e.kind || ' ' || e.amount_minor from pg_temp.events(c.more::jsonb, tap.woocommerce_refund(726, c.total)) as e
  where e.parent_object_id is not null), c.expected, c.name)
from (values
  ('{}', '-9.00', 'refund 900', 'a refund of a paid order'),
  ('{"status": "refunded"}', '-100.00', 'refund 10000', 'of all of it'),
  ('{"status": "cancelled"}', '-100.00', 'refund 10000', 'of an order cancelled after it was paid'),
  ('{"status": "refunded", "date_paid": null, "date_paid_gmt": null}', '-100.00', 'refund 10000', 'of cash on delivery'),
  ('{"status": "pending", "date_paid": null, "date_paid_gmt": null}', '-9.00', 'none 900', 'of an order that nobody paid is none'),
  ('{}', '0.00', 'none 0', 'of nothing is none'),
  ('{}', '-0.00', 'none 0', 'also with the sign WooCommerce puts before it'),
  ('{"currency": "JPY", "total": "1500"}', '-300', 'refund 300', 'in yen'),
  ('{"currency": "KWD", "total": "12.345"}', '-0.005', 'refund 5', 'in dinars')
) as c (more, total, expected, name);
select is((select e.amount_minor from pg_temp.events('{}', '{"id": "726", "total": -9}') as e where e.kind = 'refund'), 900::bigint,
  'id as text and total as number are read');

select throws_ok(format('select * from pg_temp.events(%L, %L)', c.more, c.refund), c.sqlstate, null, c.name)
from (values
  ('{}', '{"id": 726, "total": "9.00"}', 'HL113', 'a refund above zero is refused: it would be a charge'),
  ('{}', '{"id": 726, "total": "--9.00"}', 'HL113', 'so is one with two signs'),
  ('{}', '{"id": 726}', 'HL111', 'and one without total'),
  ('{}', '{"total": "-9.00"}', 'HL111', 'or without id'),
  ('{}', '{}', 'HL111', 'or without anything'),
  ('{}', '{"id": [], "total": "-9.00"}', 'HL112', 'or with an id that is none'),
  ('{"date_modified_gmt": null}', '{"id": 726, "total": "-9.00"}', 'HL111', 'a refund without a time is refused')
) as c (more, refund, sqlstate, name);
select throws_ok(
  $$select pg_temp.events('{}', variadic (select array_agg(tap.woocommerce_refund(i, '-0.01')) from generate_series(1, 501) as i))$$,
  'HL112', null, 'more than 500 refunds of one order are refused'
);

select * from finish();
rollback;

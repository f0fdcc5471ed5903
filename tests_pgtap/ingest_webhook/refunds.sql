-- Refunds add up, never exceed what was sold, and may come before their sale.
begin;
select plan(39);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as endpoint_id from tap.tenant() as tenant_id;
create function pg_temp.sale(p_id bigint, p_amount text default '100.00') returns text language sql as $$
  select s.status || ' ' || coalesce(s.reason, '-')
    from t, tap.shopify(t.tenant_id, t.endpoint_id, 'orders/paid', tap.shopify_order(p_id, p_amount)) as s
$$;
create function pg_temp.refund(p_id bigint, p_order_id bigint, p_amount text, p_currency text default 'EUR') returns text language sql as $$
  select s.status || ' ' || coalesce(s.reason, '-')
    from t, tap.shopify(t.tenant_id, t.endpoint_id, 'refunds/create', tap.shopify_refund(p_id, p_order_id, p_amount, p_currency)) as s
$$;
create function pg_temp.ledger(p_order_id text) returns text language sql as $$
  select string_agg(concat_ws(' ', l.kind, l.currency, l.amount_minor), ', ' order by l.booked_at, l.kind collate "C" desc)
    from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id and p_order_id in (l.object_id, l.parent_object_id)
$$;
create function pg_temp.queue(p_order_id text) returns text language sql as $$
  select string_agg(concat_ws(' ', d.stage, d.reason, d.sqlstate, d.detail), ', ' order by d.first_failed_at)
    from core.dead_events as d, t
   where d.tenant_id = t.tenant_id and p_order_id in (d.payload ->> 'order_id', d.payload ->> 'id')
$$;

select is(pg_temp.sale(1), 'accepted -', 'an order of 100.00');
select is(pg_temp.refund(11, 1, '40.00'), 'accepted -', 'a partial refund');
select is(pg_temp.refund(12, 1, '60.00'), 'accepted -', 'and the rest');
select is(pg_temp.ledger('1'), 'sale EUR 10000, refund EUR -4000, refund EUR -6000', 'add up to the sale');
select is(pg_temp.queue('1'), null, 'and nothing is left over');
select is(pg_temp.refund(11, 1, '40.00'), 'duplicate already_known', 'a refund told again');
select is(pg_temp.ledger('1'), 'sale EUR 10000, refund EUR -4000, refund EUR -6000', 'is not booked again');

select is(pg_temp.refund(21, 2, '40.00'), 'accepted -', 'a refund before its sale');
select is(pg_temp.ledger('2'), 'refund EUR -4000', 'is booked at once');
select is(pg_temp.sale(2), 'accepted -', 'the sale comes');
select is(pg_temp.ledger('2'), 'refund EUR -4000, sale EUR 10000', 'and is booked beside it');

select is(pg_temp.sale(3), 'accepted -', 'an order of 100.00');
select is(pg_temp.refund(31, 3, '150.00'), 'accepted refund_exceeds_sale', 'a refund of 150.00');
select is(pg_temp.ledger('3'), 'sale EUR 10000, refund EUR -10000', 'is booked up to the sale');
select is(pg_temp.queue('3'), 'book refund_exceeds_sale HL123 object_id 31, excess_minor 5000 EUR', 'the rest is in the queue');
select results_eq(
  'select e.amount_minor, e.reason from core.attribution_events as e, t where e.tenant_id = t.tenant_id and e.object_id = ''31''',
  $$values (15000::bigint, 'refund_exceeds_sale')$$, 'the event keeps what was said'
);
select is(pg_temp.refund(32, 3, '10.00'), 'accepted refund_exceeds_sale', 'a further refund of a sale that is used up');
select is(pg_temp.ledger('3'), 'sale EUR 10000, refund EUR -10000', 'books nothing');
select is(pg_temp.queue('3'),
  'book refund_exceeds_sale HL123 object_id 31, excess_minor 5000 EUR, book refund_exceeds_sale HL123 object_id 32, excess_minor 1000 EUR',
  'and is in the queue whole');
select is(pg_temp.refund(31, 3, '150.00'), 'duplicate already_known', 'told again, the excess');
select is((select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id and d.payload ->> 'order_id' = '3'), 2::bigint,
  'is not queued again');

select is(pg_temp.refund(41, 4, '80.00'), 'accepted -', 'two refunds before their sale,');
select is(pg_temp.refund(42, 4, '70.00'), 'accepted -', 'together 150.00');
select is(pg_temp.sale(4), 'accepted refund_exceeds_sale', 'the sale is of 100.00');
select is(pg_temp.ledger('4'), 'refund EUR -8000, refund EUR -7000, sale EUR 10000, correction EUR 5000', 'a correction takes the excess back');
select is(pg_temp.queue('4'), 'book refund_exceeds_sale HL123 object_id 4, excess_minor 5000 EUR', 'which is in the queue');
select is(pg_temp.refund(43, 4, '1.00'), 'accepted refund_exceeds_sale', 'a later refund of it');
select is(pg_temp.ledger('4'), 'refund EUR -8000, refund EUR -7000, sale EUR 10000, correction EUR 5000', 'books nothing');

select is(pg_temp.sale(5), 'accepted -', 'an order in euros');
select is(pg_temp.refund(51, 5, '10.00', 'USD'), 'accepted refund_exceeds_sale', 'a refund in dollars');
select is(pg_temp.ledger('5'), 'sale EUR 10000', 'books nothing: currencies are never summed');
select is(pg_temp.queue('5'), 'book refund_exceeds_sale HL123 object_id 51, excess_minor 1000 USD', 'and is in the queue');
select is(pg_temp.refund(61, 6, '10.00', 'USD'), 'accepted -', 'a refund in dollars before its sale');
select is(pg_temp.refund(62, 6, '10.00', 'EUR'), 'accepted -', 'and one in euros');
select is(pg_temp.sale(6), 'accepted refund_exceeds_sale', 'the sale is in euros');
select is(pg_temp.ledger('6'), 'refund USD -1000, refund EUR -1000, sale EUR 10000, correction USD 1000', 'the dollars are taken back');

select is(pg_temp.sale(7), 'accepted -', 'an order');
select is(
  (select s.status from t, tap.shopify(t.tenant_id, t.endpoint_id, 'refunds/create', '{"id": 71, "order_id": 7, "transactions": [],
    "created_at": "2026-03-02T10:00:00Z"}') as s), 'accepted', 'a refund without transactions is kept');
select is(pg_temp.ledger('7'), 'sale EUR 10000', 'and books nothing');

select * from finish();
rollback;

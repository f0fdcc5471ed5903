-- An order shows all its refunds in each delivery; each is booked once and together never more than the sale.
begin;
select plan(35);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'woocommerce') as endpoint_id from tap.tenant() as tenant_id;

create function pg_temp.say(p_id bigint, p_refunds text, p_more jsonb default '{}', p_headers jsonb default '{}') returns text language sql as $$
  select s.status || ' ' || coalesce(s.reason, '-')
    from t, tap.woocommerce(t.tenant_id, t.endpoint_id,
      tap.woocommerce_order(p_id, p_more, (
        select coalesce(jsonb_agg(tap.woocommerce_refund(split_part(r.pair, '=', 1)::bigint, split_part(r.pair, '=', 2))), '[]')
          from string_to_table(p_refunds, ' ') as r (pair) where r.pair <> '')),
      p_headers => p_headers) as s
$$;
create function pg_temp.ledger(p_id bigint) returns text language sql as $$
  select string_agg(concat_ws(' ', l.kind, split_part(l.object_id, ':', 2), l.amount_minor), ', ' order by l.booked_at, l.object_id)
    from core.revenue_ledger as l join t using (tenant_id)
   where 'shop.example:' || p_id in (l.object_id, l.parent_object_id)
$$;
create function pg_temp.queue(p_id bigint) returns text language sql as $$
  select string_agg(concat_ws(' ', d.position, d.stage, d.reason, d.detail), ', ' order by d.first_failed_at, d.position)
    from core.dead_events as d join t using (tenant_id) where d.payload ->> 'id' = p_id::text
$$;

select is(pg_temp.say(1, ''), 'accepted -', 'an order of 100.00');
select is(pg_temp.say(1, '11=-10.00'), 'accepted -', 'a refund of it is new');
select is(pg_temp.say(1, '11=-10.00', '{"date_modified_gmt": "2026-03-05T00:00:00"}'), 'duplicate already_known', 'told a second time it is not');
select is(pg_temp.say(1, '12=-20.00 11=-10.00', '{"date_modified_gmt": "2026-03-06T00:00:00"}'), 'accepted -',
  'a second refund beside it is');
select is(pg_temp.ledger(1), 'sale 1 10000, refund 11 -1000, refund 12 -2000', 'each is booked once');
select is(
  (select e.occurred_at at time zone 'UTC' from core.attribution_events as e join t using (tenant_id) where e.object_id = 'shop.example:11'),
  '2026-03-04T05:06:07'::timestamp, 'at the time of the delivery that told it first');
select is(pg_temp.say(1, '13=-70.00 12=-20.00 11=-10.00', '{"status": "refunded"}'), 'accepted -', 'the rest is refunded');
select is((select sum(l.amount_minor) from core.revenue_ledger as l join t using (tenant_id)), 0::numeric, 'and adds up to the sale');
select is(pg_temp.queue(1), null, 'nothing is left over');
select is((select s.status from core.object_states as s join t using (tenant_id) where s.object_id = 'shop.example:1'), 'refunded',
  'the order is known as refunded');
select is((select count(*) from core.object_states as s join t using (tenant_id)), 1::bigint, 'its refunds have no state');

-- Above the sale
select is(pg_temp.say(2, '23=-30.00 22=-90.00 21=-10.00'), 'accepted refund_exceeds_sale', 'an order with refunds of 130.00 of 100.00');
select is(pg_temp.ledger(2), 'sale 2 10000, refund 21 -1000, refund 22 -9000', 'what fits is booked, the oldest first');
select is(pg_temp.queue(2), '4 book refund_exceeds_sale object_id shop.example:23, excess_minor 3000 EUR', 'the rest waits for a person');
select is(pg_temp.say(2, '23=-30.00 22=-90.00 21=-10.00', '{"status": "completed"}'), 'duplicate already_known', 'told again');
select is(pg_temp.ledger(2), 'sale 2 10000, refund 21 -1000, refund 22 -9000', 'nothing is booked');
select is(pg_temp.queue(2), '4 book refund_exceeds_sale object_id shop.example:23, excess_minor 3000 EUR', 'nor queued again');
select is(
  (select d.payload -> 'refunds' from core.dead_events as d join t using (tenant_id) where d.payload ->> 'id' = '2'),
  '[{"id": 23, "total": "-30.00"}]', 'the letter holds the refund it is about');
select is(pg_temp.say(3, '31=-150.00'), 'accepted refund_exceeds_sale', 'one refund above its sale');
select is(pg_temp.ledger(3), 'sale 3 10000, refund 31 -10000', 'is booked up to it');
select is(pg_temp.queue(3), '2 book refund_exceeds_sale object_id shop.example:31, excess_minor 5000 EUR', 'and the rest waits');

-- Never paid, then paid
select is(pg_temp.say(4, '41=-10.00', '{"status": "pending", "date_paid": null, "date_paid_gmt": null}'), 'accepted -',
  'a refund of an order that nobody paid');
select is(pg_temp.ledger(4), null, 'books nothing');
select is(pg_temp.say(4, '41=-10.00'), 'accepted -', 'once it is paid');
select is(pg_temp.ledger(4), 'sale 4 10000, refund 41 -1000', 'both are booked');
select is(pg_temp.say(5, '51=-0.00'), 'accepted -', 'a refund of nothing');
select is(pg_temp.ledger(5), 'sale 5 10000', 'books nothing');

-- Cash on delivery: no date of payment at any time
select is(pg_temp.say(6, '', '{"date_paid": null, "date_paid_gmt": null}'), 'accepted -', 'cash on delivery, in processing');
select is(pg_temp.say(6, '61=-100.00', '{"status": "refunded", "date_paid": null, "date_paid_gmt": null}'), 'accepted -', 'then refunded');
select is(pg_temp.ledger(6), 'sale 6 10000, refund 61 -10000', 'leaves nothing');

-- Two shops of one tenant, and an amount that cannot be read
select is(pg_temp.say(1, '11=-10.00', '{}', '{"x-wc-webhook-source": "https://other.example/"}'), 'accepted -',
  'order and refund of the same numbers in another shop');
select results_eq(
  $$select l.object_id, l.parent_object_id from core.revenue_ledger as l join t using (tenant_id) where l.object_id like 'other.example%' order by 1$$,
  $$values ('other.example:1', null), ('other.example:11', 'other.example:1')$$, 'are others');
select is(pg_temp.say(7, '71=-1.005'), 'dead invalid_amount', 'a refund that does not come out whole makes the delivery dead');
select is(pg_temp.queue(7), '0 normalize invalid_amount refunds.total', 'which names the field');
select is(pg_temp.ledger(7), null, 'and books nothing of it: a half-read order is no fact');

select * from finish();
rollback;

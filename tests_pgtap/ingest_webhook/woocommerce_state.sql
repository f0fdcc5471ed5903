-- WooCommerce tells states, under delivery ids that are good for one second only.
begin;
select plan(46);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'woocommerce') as endpoint_id from tap.tenant() as tenant_id;

create function pg_temp.send(p_body jsonb, p_topic text default 'order.updated', p_headers jsonb default '{}',
  out said text, out receipt_id uuid, out event_id uuid) language sql as $$
  select s.status || ' ' || coalesce(s.reason, '-'), s.receipt_id, s.event_id
    from t, tap.woocommerce(t.tenant_id, t.endpoint_id, p_body, p_topic, p_headers) as s
$$;
create function pg_temp.said(p_body jsonb, p_topic text default 'order.updated', p_headers jsonb default '{}') returns text language sql as $$
  select s.said from pg_temp.send(p_body, p_topic, p_headers) as s
$$;
create function pg_temp.known(p_id text) returns text language sql as $$
  select s.status from core.object_states as s join t using (tenant_id) where s.object_id = 'shop.example:' || p_id
$$;
create function pg_temp.events(p_id text) returns text language sql as $$
  select string_agg(concat_ws(' ', e.kind, e.status, e.reason), ', ' order by e.received_at, e.event_id)
    from core.attribution_events as e join t using (tenant_id) where e.object_id = 'shop.example:' || p_id
$$;
create function pg_temp.ledger(p_id text) returns text language sql as $$
  select string_agg(concat_ws(' ', l.kind, l.currency, l.amount_minor), ', ' order by l.booked_at, l.object_id)
    from core.revenue_ledger as l join t using (tenant_id)
   where 'shop.example:' || p_id in (l.object_id, l.parent_object_id)
$$;

-- The life of an order
select is(pg_temp.said(tap.woocommerce_unpaid(1), 'order.created'), 'accepted -', 'a new order is kept');
select is(pg_temp.ledger('1'), null, 'and not booked');
select is(pg_temp.said(tap.woocommerce_unpaid(1)), 'duplicate already_known', 'saved again unchanged it is nothing new');
select is(pg_temp.said(tap.woocommerce_unpaid(1, '{"status": "on-hold"}')), 'accepted -', 'waiting for a bank transfer it is another state');
select is(pg_temp.said(tap.woocommerce_unpaid(1, '{"status": "failed"}')), 'accepted -', 'so it is when that fails');
select is(pg_temp.known('1'), 'failed', 'which is what is known then');
select is(pg_temp.said(tap.woocommerce_unpaid(1)), 'duplicate already_known', 'a second attempt tells a state that was told before');
select is(pg_temp.known('1'), 'pending', 'but is the one that is known now');
select is(pg_temp.said(tap.woocommerce_order(1)), 'accepted -', 'paid, it is a sale');
select is(pg_temp.ledger('1'), 'sale EUR 10000', 'which is booked');
select is(pg_temp.said(tap.woocommerce_order(1, '{"status": "completed"}')), 'duplicate already_known', 'completed, it is the same sale');
select is(pg_temp.known('1'), 'completed', 'in another state');
select is(pg_temp.said(tap.woocommerce_order(1)), 'duplicate already_known', 'a late telling of the earlier state');
select is(pg_temp.known('1'), 'completed', 'changes nothing');
select is(pg_temp.said(tap.woocommerce_unpaid(1, '{"total": "90.00"}')), 'superseded -', 'a late telling of the unpaid order is older');
select is(pg_temp.events('1'), 'none pending, none on-hold, none failed, sale processing, none pending', 'and kept all the same');
select is(pg_temp.known('1'), 'completed', 'what is known stays');
select is(pg_temp.said(tap.woocommerce_order(1, '{"status": "cancelled"}')), 'duplicate already_known', 'cancelled, it is the same sale still');
select is(pg_temp.known('1') || ', ' || pg_temp.ledger('1'), 'cancelled, sale EUR 10000', 'a cancellation gives nothing back');
select is(pg_temp.said('{"id": 1}', 'order.deleted'), 'ignored topic', 'its deletion is ignored');
select is(pg_temp.said(tap.woocommerce_order(1, '{"status": "cancelled"}'), 'order.restored'), 'duplicate already_known',
  'restored, it tells nothing new');

-- Into the trash and back
select is(pg_temp.said(tap.woocommerce_order(8)), 'accepted -', 'a paid order');
select is(pg_temp.said(tap.woocommerce_order(8, '{"status": "trash"}')), 'duplicate already_known', 'in the trash it is the same sale');
select is(pg_temp.known('8'), 'trash', 'in another state');
select is(pg_temp.said(tap.woocommerce_order(8), 'order.restored'), 'duplicate already_known', 'restored, too');
select is(pg_temp.known('8') || ', ' || pg_temp.ledger('8'), 'processing, sale EUR 10000', 'it is known as it was before');
select is(pg_temp.said(tap.woocommerce_order(8, '{"status": "completed"}')), 'duplicate already_known', 'and it goes on');
select is(pg_temp.known('8'), 'completed', 'from there');

-- Coalesced, shuffled, edited
select is(pg_temp.said(tap.woocommerce_order(2, '{"status": "completed"}'), 'order.created'), 'accepted -',
  'order.created may show an order that is long completed');
select is(pg_temp.said(tap.woocommerce_order(2, '{"status": "completed"}')), 'duplicate already_known', 'the update of it is no second sale');
select is(pg_temp.ledger('2'), 'sale EUR 10000', 'it is booked once');
select is(pg_temp.said(tap.woocommerce_order(2, '{"status": "completed", "total": "120.00"}')), 'accepted amount_differs',
  'an order edited after it was paid is kept and flagged');
select is(pg_temp.ledger('2'), 'sale EUR 10000', 'and not booked again');
select is(pg_temp.said(tap.woocommerce_order(3, '{"status": "refunded"}', jsonb_build_array(tap.woocommerce_refund(31, '-100.00')))),
  'accepted -', 'a first delivery may show sale and full refund at once');
select is(pg_temp.ledger('3'), 'sale EUR 10000, refund EUR -10000', 'both are booked');
select is(pg_temp.known('3'), 'refunded', 'and the state is known');
select is(pg_temp.said(tap.woocommerce_order(4, '{"total": "0.00"}')), 'accepted -', 'an order of zero is kept');
select is(pg_temp.ledger('4'), null, 'and not booked');

-- Deliveries
create temp table same_second as select '{"x-wc-webhook-delivery-id": "5d41402abc4b2a76b9719d911017c592"}'::jsonb as headers;
select is((select pg_temp.said(tap.woocommerce_order(5), p_headers => s.headers) from same_second as s), 'accepted -', 'an order');
select is((select pg_temp.said(tap.woocommerce_order(6), p_headers => s.headers) from same_second as s), 'accepted -',
  'another in the same second, under the same delivery id, is no conflict');
select is(pg_temp.ledger('5') || ', ' || pg_temp.ledger('6'), 'sale EUR 10000, sale EUR 10000', 'both are booked');
create temp table again as
select (pg_temp.send(tap.woocommerce_order(7), p_headers => s.headers)).*, 1 as attempt from same_second as s
union all
select (pg_temp.send(tap.woocommerce_order(7), p_headers => s.headers)).*, 2 from same_second as s;
select results_eq('select said from again order by attempt', $$values ('accepted -'), ('duplicate -')$$,
  'the same body under the same id is a repetition');
select is((select count(distinct (receipt_id, event_id)) from again), 1::bigint, 'and gets the first receipt');
select is((select count(*) from core.dead_events join t using (tenant_id)), 0::bigint, 'nothing of all this is dead');

-- Two shops of one tenant
select is(pg_temp.said(tap.woocommerce_order(5), p_headers => '{"x-wc-webhook-source": "https://other.example/"}'), 'accepted -',
  'order 5 of another shop');
select is((select count(*) from core.revenue_ledger join t using (tenant_id) where object_id like '%:5'), 2::bigint, 'is another sale');

select * from finish();
rollback;

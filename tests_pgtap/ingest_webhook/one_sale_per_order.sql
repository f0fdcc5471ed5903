-- Shopify: revenue counts once per order, however many topics, deliveries and endpoints describe it.
begin;
select plan(21);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as endpoint_id, tap.endpoint(tenant_id, 'shopify') as other_endpoint_id
from tap.tenant() as tenant_id;
create function pg_temp.send(p_topic text, p_id bigint, p_total text default '100.00', p_currency text default 'EUR',
  out status text, out receipt_id uuid, out event_id uuid, out reason text)
  language sql as $$
  select s.* from t, tap.shopify(t.tenant_id, t.endpoint_id, p_topic, tap.shopify_order(p_id, p_total, p_currency)) as s
$$;

select is((select row(status, reason)::text from pg_temp.send('orders/create', 1)), '(accepted,)', 'an order created paid is accepted');
select is((select row(status, reason)::text from pg_temp.send('orders/paid', 1)), '(accepted,already_booked)',
  'its payment, with an identical body, is kept as an event but not booked again');
select is((select row(status, reason)::text from pg_temp.send('orders/cancelled', 1)), '(accepted,)', 'its cancellation is kept');
select results_eq(
  'select l.kind, l.amount_minor from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id and l.object_id = ''1''',
  $$values ('sale', 10000::bigint)$$, 'there is one sale'
);
select results_eq(
  'select e.event_type, e.kind, e.reason from core.attribution_events as e, t
    where e.tenant_id = t.tenant_id and e.object_id = ''1'' order by e.received_at',
  $$values ('orders/create', 'sale', null::text), ('orders/paid', 'sale', 'already_booked'), ('orders/cancelled', 'none', null)$$,
  'and three events'
);
select is(
  (select e.event_type from core.revenue_ledger as l join core.attribution_events as e on e.event_id = l.event_id, t
    where l.tenant_id = t.tenant_id and e.tenant_id = t.tenant_id and l.object_id = '1'),
  'orders/create', 'the entry names the event that told it first'
);

select is((select row(status, reason)::text from pg_temp.send('orders/paid', 2)), '(accepted,)', 'paid before created: accepted');
select is((select row(status, reason)::text from pg_temp.send('orders/create', 2)), '(accepted,already_booked)', 'and not booked again');

select is((select status from pg_temp.send('orders/paid', 3)), 'accepted', 'an order is paid');
select is((select row(status, reason)::text from pg_temp.send('orders/create', 3, '90.00')), '(accepted,amount_differs)',
  'a later topic with another amount is kept and flagged');
select is((select row(status, reason)::text from pg_temp.send('orders/create', 3, '100.00', 'USD')), '(accepted,amount_differs)',
  'so is one in another currency');
select results_eq(
  'select l.currency, l.amount_minor from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id and l.object_id = ''3''',
  $$values ('EUR', 10000::bigint)$$, 'neither is added'
);
select results_eq(
  'select e.currency, e.amount_minor, e.reason from core.attribution_events as e, t
    where e.tenant_id = t.tenant_id and e.object_id = ''3'' order by e.received_at',
  $$values ('EUR', 10000::bigint, null::text), ('EUR', 9000, 'amount_differs'), ('USD', 10000, 'amount_differs')$$,
  'the events tell what was said'
);
select is((select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id), 0::bigint, 'nothing of this is dead');

-- One fact through two endpoints of the tenant.
create temp table first as
select s.* from t, tap.shopify(t.tenant_id, t.endpoint_id, 'orders/paid', tap.shopify_order(4)) as s;
create temp table second as
select s.* from t, tap.shopify(t.tenant_id, t.other_endpoint_id, 'orders/paid', tap.shopify_order(4)) as s;
select is((select row(status, reason)::text from second), '(duplicate,already_known)', 'a second endpoint tells nothing new');
select is((select event_id from second), (select event_id from first), 'its receipt names the first one''s event');
select isnt((select receipt_id from second), (select receipt_id from first), 'but is its own');
select is(
  (select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id and e.object_id = '4'), 1::bigint, 'there is one event'
);
select is(
  (select row(g.status, g.event_id, g.reason)::text from core.webhook_dedup_events as g, second as s where g.receipt_id = s.receipt_id),
  (select row('duplicate', f.event_id, 'already_known')::text from first as f), 'the gate keeps what was answered'
);

select is((select row(status, reason)::text from pg_temp.send('orders/create', 9007199254740992)), '(accepted,)', 'an order beyond 2^53');
select is((select row(status, reason)::text from pg_temp.send('orders/create', 9007199254740993)), '(accepted,)',
  'and its neighbour are two orders');

select * from finish();
rollback;

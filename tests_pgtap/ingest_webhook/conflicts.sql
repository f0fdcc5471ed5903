-- Another body under a used delivery id is kept beside the first, and never silently merged.
begin;
select plan(14);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'stripe') as endpoint_id from tap.tenant() as tenant_id;
create function pg_temp.send(p_amount bigint, out status text, out receipt_id uuid, out event_id uuid, out reason text)
  language sql as $$
  select s.* from t, tap.stripe(t.tenant_id, t.endpoint_id, tap.stripe_event('payment_intent.succeeded',
    tap.stripe_payment_intent('pi_1', p_amount), 'evt_1')) as s
$$;

create temp table first as select * from pg_temp.send(10000);
create temp table conflict as select * from pg_temp.send(99999);
create temp table conflict_again as select * from pg_temp.send(99999);
create temp table first_again as select * from pg_temp.send(10000);
create temp table third as select * from pg_temp.send(5);

select is((select row(status, reason, event_id)::text from conflict), '(dead,delivery_id_conflict,)',
  'another body under the same delivery id is dead');
select isnt((select receipt_id from conflict), (select receipt_id from first), 'with a receipt of its own');
select is((select row(status, reason)::text from conflict_again), '(duplicate,delivery_id_conflict)',
  'a repetition of it is a duplicate with the first reason');
select is((select receipt_id from conflict_again), (select receipt_id from conflict), 'and with its receipt');
select is((select row(a.status, a.receipt_id, a.event_id)::text from first_again as a),
  (select row('duplicate', f.receipt_id, f.event_id)::text from first as f), 'the first body is still the first delivery');
select is((select reason from third), 'delivery_id_conflict', 'a third body is a conflict of its own');

select results_eq(
  'select g.status, g.seen_count, g.conflict_count from core.webhook_dedup_events as g, t
    where g.tenant_id = t.tenant_id order by g.first_seen_at',
  $$values ('accepted', 2, 3), ('dead', 2, 0), ('dead', 1, 0)$$,
  'the gate counts sightings and conflicts apart'
);
select results_eq(
  'select d.stage, d.reason, d.sqlstate, d.status, d.seen_count, d.payload #> ''{data,object,amount}''
     from core.dead_events as d, t where d.tenant_id = t.tenant_id order by d.first_failed_at',
  $$values ('deduplicate', 'delivery_id_conflict', 'HL122', 'open', 2, '99999'::jsonb),
      ('deduplicate', 'delivery_id_conflict', 'HL122', 'open', 1, '5'::jsonb)$$,
  'each other body lies in the queue once, with its redacted payload'
);
select is(
  (select d.detail from core.dead_events as d, conflict as c where d.receipt_id = c.receipt_id),
  (select 'first receipt_id ' || f.receipt_id from first as f), 'and names the receipt it conflicts with'
);
select is(
  (select sum(l.amount_minor) from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id), 10000::numeric,
  'only the first body is booked'
);
select is(
  (select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id), 1::bigint, 'and is an event'
);

create temp table s as
select t.tenant_id, tap.endpoint(t.tenant_id, 'shopify') as endpoint_id,
  tap.shopify_headers('orders/paid', '{"x-shopify-event-id": "e-1"}') as headers from t;
select lives_ok(
  'select x.* from s, tap.send(s.tenant_id, s.endpoint_id, s.headers, tap.shopify_order(1)::text) as x',
  'a Shopify order arrives'
);
create temp table broken as
select x.* from s, tap.send(s.tenant_id, s.endpoint_id, s.headers, '{"id": 1, "email": "someone@example.com"') as x;
select is((select row(status, reason)::text from broken), '(dead,delivery_id_conflict)',
  'an unreadable body under a used delivery id is a conflict too');
select is(
  (select d.masked_body from core.dead_events as d, broken as b where d.receipt_id = b.receipt_id),
  '{"id": #, "email": "xxxxxxxxxxxxxxx.xxx"', 'of which the shape is kept'
);

select * from finish();
rollback;

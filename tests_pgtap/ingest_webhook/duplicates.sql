-- The same delivery any number of times: one event, one entry, one receipt.
begin;
select plan(18);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify, tap.endpoint(tenant_id, 'stripe') as stripe
from tap.tenant() as tenant_id;
create temp table ids as
select '{"x-shopify-event-id": "11111111-2222-4333-8444-555555555555", "x-shopify-webhook-id": "w-1"}'::jsonb as headers;

create temp table answers as
select i, r.*
from generate_series(1, 5) as i, t, ids,
  lateral tap.shopify(t.tenant_id, t.shopify, 'orders/paid', tap.shopify_order(1),
    ids.headers || jsonb_build_object('x-shopify-triggered-at', '2026-03-04T05:06:0' || i || 'Z')) as r;

select is((select string_agg(status, ' ' order by i) from answers), 'accepted duplicate duplicate duplicate duplicate',
  'the first is accepted, the others are duplicates');
select is((select count(distinct receipt_id) from answers), 1::bigint, 'all have the first one''s receipt');
select is((select count(distinct event_id) from answers), 1::bigint, 'all name the first one''s event');
select is((select g.seen_count from core.webhook_dedup_events as g, t where g.tenant_id = t.tenant_id), 5, 'the gate saw five');
select ok((select g.last_seen_at >= g.first_seen_at from core.webhook_dedup_events as g, t where g.tenant_id = t.tenant_id),
  'and knows first and last');
select is((select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id), 1::bigint, 'there is one event');
select is((select count(*) from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id), 1::bigint, 'and one entry');

select is(
  (select s.status from t, tap.shopify(t.tenant_id, t.shopify, 'orders/paid', tap.shopify_order(1),
    (select headers || '{"x-shopify-webhook-id": "w-2"}' from ids)) as s),
  'duplicate', 'a second subscription to the topic delivers the same event once more'
);
select is(
  (select s.status from t, tap.shopify(t.tenant_id, t.shopify, 'orders/cancelled', tap.shopify_order(1), (select headers from ids)) as s),
  'accepted', 'the same body with the same event id under another topic is another event'
);

create temp table nameless as
select i, r.* from generate_series(1, 2) as i, t,
  lateral tap.send(t.tenant_id, t.shopify,
    jsonb_build_object('x-shopify-topic', 'orders/paid', 'x-shopify-triggered-at', '2026-03-04T05:06:0' || i || 'Z'),
    tap.shopify_order(2)::text) as r;
select is((select string_agg(status, ' ' order by i) from nameless), 'accepted duplicate',
  'without delivery ids the body''s hash tells a duplicate');
select is(
  (select s.status from t, tap.send(t.tenant_id, t.shopify, '{"x-shopify-topic": "orders/create"}', tap.shopify_order(2)::text) as s),
  'accepted', 'and the topic that it is none'
);

create temp table stripe as
select i, r.* from generate_series(1, 3) as i, t,
  lateral tap.send(t.tenant_id, t.stripe, jsonb_build_object('stripe-attempt', i::text),
    tap.stripe_event('payment_intent.succeeded', tap.stripe_payment_intent('pi_1'), 'evt_1')::text) as r;
select is((select string_agg(status, ' ' order by i) from stripe), 'accepted duplicate duplicate', 'a Stripe event is known by its id');
select is((select count(distinct receipt_id) from stripe), 1::bigint, 'with one receipt');

create temp table second_event as
select s.* from t, tap.stripe(t.tenant_id, t.stripe,
  tap.stripe_event('payment_intent.succeeded', tap.stripe_payment_intent('pi_1'), 'evt_2')) as s;
select is((select row(status, reason)::text from second_event), '(duplicate,already_known)',
  'two event objects for one change are one fact');
select is((select event_id from second_event), (select event_id from stripe where i = 1), 'with the first one''s event');
select isnt((select receipt_id from second_event), (select receipt_id from stripe where i = 1), 'and a receipt of its own');
select is((select count(*) from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id and l.provider = 'stripe'), 1::bigint,
  'the payment is booked once');

select is(
  (select string_agg(s.status || ' ' || coalesce(s.reason, '-'), ', ' order by i) from generate_series(1, 2) as i, t,
    lateral tap.shopify(t.tenant_id, t.shopify, 'customers/create', '{"id": 1}',
      jsonb_build_object('x-shopify-event-id', 'e-9', 'x-shopify-webhook-id', 'w-' || i)) as s),
  'ignored topic, duplicate topic', 'a duplicate tells the first one''s reason'
);

select * from finish();
rollback;

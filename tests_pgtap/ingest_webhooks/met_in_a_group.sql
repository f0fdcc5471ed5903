-- Webhooks of one group that have to do with each other: as if one had come after the other.
begin;
select plan(26);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify, tap.endpoint(tenant_id, 'stripe') as stripe,
  tap.endpoint(tenant_id, 'standard') as standard
  from tap.tenant() as tenant_id;
create temp table w (n serial, endpoint_id uuid, headers jsonb, body text);
create function pg_temp.shopify(p_topic text, p_body jsonb, p_headers jsonb default '{}') returns void language sql as $$
  insert into w (endpoint_id, headers, body) select shopify, tap.shopify_headers(p_topic, p_headers), p_body::text from t $$;
create function pg_temp.stripe(p_type text, p_object jsonb) returns void language sql as $$
  insert into w (endpoint_id, headers, body) select stripe, '{}', tap.stripe_event(p_type, p_object)::text from t $$;
create function pg_temp.own(p_type text, p_data jsonb) returns void language sql as $$
  insert into w (endpoint_id, headers, body)
  select standard, jsonb_build_object('webhook-id', gen_random_uuid()), jsonb_build_object('type', p_type, 'data', p_data)::text
    from t $$;
-- What they are told, in their order, and then there are none.
create function pg_temp.told() returns text language plpgsql as $$
declare
  v_told text;
begin
  select string_agg(concat_ws(' ', r.status, r.reason), ', ' order by r.ordinal) into v_told
    from t, (select array_agg(endpoint_id order by n) as e, array_agg(headers order by n) as h,
      array_agg(convert_to(body, 'UTF8') order by n) as b, array_agg('signature'::text) as v from w) as a,
      api.ingest_webhooks(t.tenant_id, a.e, a.h, a.b, a.v) as r;
  delete from w;
  return v_told;
end $$;
create function pg_temp.ledger(p_sale text) returns text language sql as $$
  select string_agg(format('%s %s', l.kind, l.amount_minor), ', ' order by l.kind desc)
    from core.revenue_ledger as l, t
   where l.tenant_id = t.tenant_id and coalesce(l.parent_object_id, l.object_id) = p_sale $$;
create function pg_temp.dead() returns text language plpgsql as $$
declare
  v_dead text := (select string_agg(concat_ws(' ', d.reason, d.position, d.detail), '; ' order by d.reason, d.position)
    from core.dead_events as d, t where d.tenant_id = t.tenant_id);
begin
  delete from core.dead_events as d using t where d.tenant_id = t.tenant_id;
  return v_dead;
end $$;

-- One sale told twice
select pg_temp.stripe('payment_intent.succeeded', tap.stripe_payment_intent('pi_a', 100)) is null \g /dev/null
select pg_temp.stripe('charge.succeeded', tap.stripe_charge('ch_a', 'pi_a', 100)) is null \g /dev/null
select pg_temp.stripe('charge.succeeded', tap.stripe_charge('ch_b', 'pi_a', 90)) is null \g /dev/null
select is(pg_temp.told(), 'accepted, accepted already_booked, accepted amount_differs',
  'two topics tell a sale, a third another amount of it: each is an event');
select is(pg_temp.ledger('pi_a'), 'sale 100', 'and the first is booked');
select pg_temp.stripe('payment_intent.succeeded', tap.stripe_payment_intent('pi_b', 100)) is null \g /dev/null
select pg_temp.stripe('payment_intent.succeeded', tap.stripe_payment_intent('pi_b', 100)) is null \g /dev/null
select is(pg_temp.told(), 'accepted, duplicate already_known', 'one fact under two delivery ids is one event');
select is((select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id and e.object_id = 'pi_b'),
  1::bigint, 'stored once');
select is(
  (select count(distinct g.event_id) from core.webhook_dedup_events as g, t, core.attribution_events as e
    where g.tenant_id = t.tenant_id and e.tenant_id = t.tenant_id and e.object_id = 'pi_b' and g.event_id = e.event_id),
  1::bigint, 'which the receipts of both name');

-- A sale and its refunds
select pg_temp.own('order.refunded', '{"object_id": "r1", "parent_object_id": "o1", "currency": "EUR", "amount_minor": 30,
  "occurred_at": "2026-03-02T10:00:00Z"}') is null \g /dev/null
select pg_temp.own('order.paid', '{"object_id": "o1", "currency": "EUR", "amount_minor": 100,
  "occurred_at": "2026-03-01T10:00:00Z"}') is null \g /dev/null
select pg_temp.own('order.refunded', '{"object_id": "r2", "parent_object_id": "o1", "currency": "EUR", "amount_minor": 80,
  "occurred_at": "2026-03-03T10:00:00Z"}') is null \g /dev/null
select is(pg_temp.told(), 'accepted, accepted, accepted refund_exceeds_sale', 'of two refunds, one before the sale, the last exceeds it');
select is((select sum(l.amount_minor) from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id and l.provider = 'standard'),
  0::numeric, 'together they give back what was sold, no more');
select is(pg_temp.dead(), 'refund_exceeds_sale 1 object_id r2, excess_minor 10 EUR', 'the rest is a dead letter');
select is(tap.dirty_days(tenant_id), '2026-03-01, 2026-03-02, 2026-03-03, 2026-03-04', 'their days are marked') from t;

-- States
select pg_temp.shopify('orders/paid', tap.shopify_order(1, p_more => '{"processed_at": "2026-03-05T10:00:00Z"}')) is null \g /dev/null
select pg_temp.shopify('orders/create', tap.shopify_order(1,
  p_more => '{"financial_status": "pending", "processed_at": "2026-03-04T10:00:00Z"}')) is null \g /dev/null
select pg_temp.shopify('orders/paid', tap.shopify_order(2)) is null \g /dev/null
select is(pg_temp.told(), 'accepted, superseded, accepted', 'an older state of an order is superseded by one before it');
select is(
  (select s.status from core.object_states as s, t where s.tenant_id = t.tenant_id and s.object_id = '1'), 'paid', 'and changes nothing');
select pg_temp.shopify('orders/cancelled', tap.shopify_order(1,
  p_more => '{"financial_status": "refunded", "cancelled_at": "2026-03-06T10:00:00Z"}')) is null \g /dev/null
select pg_temp.shopify('orders/paid', tap.shopify_order(3)) is null \g /dev/null
select is(pg_temp.told(), 'accepted, accepted', 'of a known order and a new one');
select isnt((select s.occurred_at from core.object_states as s, t where s.tenant_id = t.tenant_id and s.object_id = '1'),
  '2026-03-05 10:00Z', 'the known one is advanced');
select is((select count(*) from core.object_states as s, t where s.tenant_id = t.tenant_id and s.object_id = '3'), 1::bigint,
  'and the new one is there');

-- Delivery ids
select pg_temp.shopify('orders/paid', tap.shopify_order(4), '{"x-shopify-event-id": "e-4"}') is null \g /dev/null
select pg_temp.shopify('orders/paid', tap.shopify_order(5), '{"x-shopify-event-id": "e-4"}') is null \g /dev/null
select pg_temp.shopify('orders/paid', tap.shopify_order(6)) is null \g /dev/null
insert into w (endpoint_id, headers, body) select endpoint_id, headers, body from w where body like '%"id": 4,%' or body like '%"id": 5,%';
select is(pg_temp.told(),
  'accepted, dead delivery_id_conflict, accepted, duplicate, duplicate delivery_id_conflict',
  'an id used for another body is a conflict, and both repeated are duplicates');
select is((select row(g.seen_count, g.conflict_count)::text from core.webhook_dedup_events as g, t
  where g.tenant_id = t.tenant_id and g.delivery_key like '%e-4'), '(2,2)', 'the gate counts both kinds of repetition');
select alike(pg_temp.dead(), 'delivery_id_conflict 0 first receipt_id %', 'the other body lies in the queue, once');

-- One that cannot be stored
create function pg_temp.fail() returns trigger language plpgsql as $$
begin
  raise exception 'no' using errcode = 'P0001';
end $$;
create trigger fail_one_object before insert on core.attribution_events
  for each row when (new.object_id = '8') execute function pg_temp.fail();
select pg_temp.shopify('orders/paid', tap.shopify_order(7)) is null \g /dev/null
select pg_temp.shopify('orders/paid', tap.shopify_order(8)) is null \g /dev/null
select pg_temp.shopify('orders/paid', tap.shopify_order(9)) is null \g /dev/null
create temp table again as select * from w;
select is(pg_temp.told(), 'accepted, dead internal_error, accepted', 'one that fails takes no other down with it');
select is(
  (select string_agg(l.object_id, ' ' order by l.object_id) from core.revenue_ledger as l, t
    where l.tenant_id = t.tenant_id and l.object_id in ('7', '8', '9')), '7 9', 'the others are booked, and nothing of it');
select is((select count(*) from core.object_states as s, t where s.tenant_id = t.tenant_id and s.object_id = '8'), 0::bigint,
  'nor is its state known');
drop trigger fail_one_object on core.attribution_events;
insert into w select * from again;
select is(pg_temp.told(), 'duplicate, accepted, duplicate', 'redelivered together, what failed is tried again');
select is(
  (select string_agg(d.reason || ' ' || d.status, ', ') from core.dead_events as d, t where d.tenant_id = t.tenant_id),
  'internal_error resolved', 'and its dead letter is resolved');
delete from core.dead_events as d using t where d.tenant_id = t.tenant_id;

-- Batches that share a part
select pg_temp.own('touch.batch', '{"touches": [
  {"touch_id": "t2", "occurred_at": "2026-03-01T10:00:00Z", "session_id": "s", "channel": "email"},
  {"touch_id": "t1", "occurred_at": "2026-03-01T09:00:00Z", "session_id": "s", "channel": "email"}]}') is null \g /dev/null
select pg_temp.own('touch.batch', '{"touches": [
  {"touch_id": "t1", "occurred_at": "2026-03-01T09:00:00Z", "session_id": "s", "channel": "email"},
  {"touch_id": "t3", "occurred_at": "2026-03-01T11:00:00Z"},
  {"touch_id": "t4", "occurred_at": "2026-03-01T12:00:00Z", "session_id": "s", "channel": "email"}]}') is null \g /dev/null
select pg_temp.own('touch.recorded', '{"touch_id": "t4", "occurred_at": "2026-03-01T12:00:00Z", "session_id": "s", "channel": "email"}')
  is null \g /dev/null
select is(pg_temp.told(), 'accepted, accepted missing_field, duplicate already_known',
  'of batches that share touches, each touch is one event');
select is(
  (select string_agg(e.object_id, ' ' order by e.object_id) from core.attribution_events as e, t
    where e.tenant_id = t.tenant_id and e.kind = 'touch'), 't1 t2 t4', 'those that are complete');
select is(
  (select count(*) from core.webhook_dedup_events as g, t, core.attribution_events as e
    where g.tenant_id = t.tenant_id and e.tenant_id = t.tenant_id and e.event_id = g.event_id and e.kind = 'touch'), 3::bigint,
  'each receipt names one that is there');
select alike(pg_temp.dead(), 'missing_field 2 %', 'and the one that is not lies in the queue at its place');

select * from finish();
rollback;

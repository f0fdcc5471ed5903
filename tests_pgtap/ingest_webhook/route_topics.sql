-- A topic in the URL (header hookledger-topic) must agree with the delivery, and stands in for a
-- topic header that is missing.
begin;
select plan(12);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify,
  tap.endpoint(tenant_id, 'stripe') as stripe
from tap.tenant() as tenant_id;

create function pg_temp.order_via(p_route text, p_id bigint, p_headers jsonb default '{}')
  returns text language sql
as $$ select concat_ws(' ', w.status, w.reason) from t, tap.send(tenant_id, shopify,
  p_headers || jsonb_build_object('hookledger-topic', p_route), tap.shopify_order(p_id)::text) as w $$;
create function pg_temp.event_via(p_route text, p_type text, p_object jsonb)
  returns text language sql
as $$ select concat_ws(' ', w.status, w.reason) from t, tap.send(tenant_id, stripe,
  jsonb_build_object('hookledger-topic', p_route), tap.stripe_event(p_type, p_object)::text) as w $$;

select is(pg_temp.order_via('order_create', 1, tap.shopify_headers('orders/create')), 'accepted',
  'order_create means orders/create');
select is(pg_temp.order_via('order_create', 2, tap.shopify_headers('orders/paid')),
  'dead topic_mismatch', 'and contradicts orders/paid');
select is(pg_temp.order_via('order_create', 3, tap.shopify_headers('products/update')),
  'dead topic_mismatch', 'a contradiction is not ignored, even where the topic would be');
select is(pg_temp.order_via('orders/paid', 4), 'accepted',
  'without a topic header the URL names the topic');
select results_eq($$ select event_type, kind from core.attribution_events join t using (tenant_id)
  where object_id = '4' $$, $$ values ('orders/paid', 'sale') $$, 'and the event has it');
select is(pg_temp.order_via('nothing_known', 5), 'dead missing_field',
  'a URL that names no known topic does not');

select is(pg_temp.event_via('payment_intent_succeeded', 'payment_intent.succeeded',
  tap.stripe_payment_intent('pi_1')), 'accepted', 'words may be joined by _');
select is(pg_temp.event_via('payment_intent/succeeded', 'payment_intent.succeeded',
  tap.stripe_payment_intent('pi_2')), 'accepted', 'or by /');
select is(pg_temp.event_via('charge_refunded', 'payment_intent.succeeded',
  tap.stripe_payment_intent('pi_3')), 'dead topic_mismatch', 'another topic contradicts');

select results_eq($$ select stage, sqlstate, detail, payload ->> 'type', masked_body
    from core.dead_events join t using (tenant_id) where endpoint_id = t.stripe $$,
  $$ values ('identify', 'HL124', 'topic payment_intent.succeeded', 'payment_intent.succeeded',
    null::text) $$, 'the dead letter names the true topic and keeps the redacted payload');
select results_eq($$ select payload is null, masked_body is not null
    from core.dead_events join t using (tenant_id) where topic = 'products/update' $$,
  $$ values (true, true) $$, 'of a topic that nobody can redact only the shape');
select is_empty($$ select from core.attribution_events join t using (tenant_id)
  where object_id in ('2', '3', 'pi_3') $$, 'what contradicts is not recorded');

select * from finish();
rollback;

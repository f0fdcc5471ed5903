-- What is known of an order or payment is never overwritten by what is older: by the provider's
-- time, then by rank, then by arrival. The older telling is stored all the same.
begin;
select plan(17);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify,
  tap.endpoint(tenant_id, 'stripe') as stripe, tap.tenant() as other_id
from tap.tenant() as tenant_id;
grant select on t to public;

create function pg_temp.order_says(p_topic text, p_id bigint, p_more jsonb default '{}')
  returns text language sql
as $$ select w.status from t,
  tap.shopify(tenant_id, shopify, p_topic, tap.shopify_order(p_id, p_more => p_more)) as w $$;
create function pg_temp.known(p_object_id text) returns text language sql
as $$ select s.status from core.object_states as s join t using (tenant_id)
  where s.object_id = p_object_id $$;

-- Equal times: an order's processed_at never changes
select is(pg_temp.order_says('orders/paid', 1), 'accepted', 'a paid order is new');
select is(pg_temp.order_says('orders/create', 1, '{"financial_status": "pending"}'), 'superseded',
  'its creation, told later, is older: at the same time the lower rank');
select is(pg_temp.known('1'), 'paid', 'what is known stays');
select is((select count(*) from core.attribution_events join t using (tenant_id)
  where object_id = '1'), 2::bigint, 'the older telling is stored');
select is(pg_temp.order_says('orders/create', 2, '{"financial_status": "pending"}'), 'accepted',
  'in its right order the creation is accepted');
select is(pg_temp.order_says('orders/paid', 2), 'accepted', 'and so is the later status of that time');
select is(pg_temp.known('2'), 'paid', 'a tie never loses the later status');

-- Different times
select is(
  pg_temp.order_says('orders/cancelled', 3, '{"cancelled_at": "2026-03-05T10:00:00Z"}'),
  'accepted', 'a cancellation that comes first is accepted');
select is(pg_temp.order_says('orders/paid', 3), 'superseded', 'the payment before it is older');
select is(pg_temp.known('3'), 'cancelled', 'the order stays cancelled');
select is(
  (select amount_minor from core.revenue_ledger join t using (tenant_id) where object_id = '3'),
  10000::bigint, 'money that was not known is booked, however late it is told');
select is(
  (select w.status from t, tap.shopify(tenant_id, shopify, 'refunds/create', tap.shopify_refund(4, 3)) as w),
  'accepted', 'a refund is an object of its own');

-- Repetition and equality
select is(pg_temp.order_says('orders/paid', 3), 'duplicate', 'a known fact is a duplicate, not superseded');
select is(
  (select w.status from t, tap.stripe(tenant_id, stripe, tap.stripe_event('charge.succeeded',
    tap.stripe_charge('ch_1', p_more => '{"payment_intent": "pi_1"}'))) as w), 'accepted', 'a charge is new');
select is(
  (select w.status from t, tap.stripe(tenant_id, stripe, tap.stripe_event('payment_intent.succeeded',
    tap.stripe_payment_intent('pi_1'))) as w), 'accepted',
  'of two equal tellings the one that arrives later is not older');

-- Isolation
set local role hookledger_dba;
select set_config('app.current_tenant_id', tenant_id::text, true) is null from t \g /dev/null
select results_eq($$ select status from api.objects where object_id = '3' $$, array['cancelled'],
  'a tenant reads its own states');
select set_config('app.current_tenant_id', other_id::text, true) is null from t \g /dev/null
select is_empty('select * from api.objects', 'and none of another''s');

select * from finish();
rollback;

-- Statements and ledger name one sale differently: which names are known, and what is never guessed.
begin;
select plan(11);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'stripe') as stripe,
  tap.endpoint(tenant_id, 'shopify') as shopify, tap.endpoint(tenant_id, 'woocommerce') as woo
  from tap.tenant() as tenant_id;

create temp view items as
  select i.status, i.kind, i.object_id, i.here_minor, i.there_minor, i.reason, i.run_id
    from core.reconciliation_items as i join t using (tenant_id);
create function pg_temp.items_of(p_provider text, p_rows jsonb[])
  returns table (status text, kind text, object_id text, here_minor bigint, there_minor bigint)
  language plpgsql as $$
declare
  v_run_id uuid := (select r.run_id from t, tap.reconcile(t.tenant_id, p_provider, p_rows) as r);
begin
  return query select i.status, i.kind, i.object_id, i.here_minor, i.there_minor
    from items as i where i.run_id = v_run_id;
end
$$;

-- Stripe: the ledger has the payment intent, refunds as <charge>:<cumulative>
select is(count(*), 5::bigint, 'Stripe events are there') from t
 cross join lateral (
   select w.status from tap.stripe(tenant_id, stripe, tap.stripe_event('payment_intent.succeeded',
     tap.stripe_payment_intent('pi_1', 10000, p_more => '{"latest_charge": "ch_1"}'))) as w
   union all select w.status from tap.stripe(tenant_id, stripe, tap.stripe_event('charge.succeeded',
     tap.stripe_charge('ch_2', 'pi_2', 5000))) as w
   union all select w.status from tap.stripe(tenant_id, stripe, tap.stripe_event('charge.refunded',
     tap.stripe_charge('ch_1', 'pi_1', 10000, 3000))) as w
   union all select w.status from tap.stripe(tenant_id, stripe, tap.stripe_event('charge.refunded',
     tap.stripe_charge('ch_1', 'pi_1', 10000, 4000))) as w
   union all select w.status from tap.stripe(tenant_id, stripe, tap.stripe_event('charge.dispute.created',
     '{"id": "dp_1", "charge": "ch_2", "payment_intent": "pi_2", "amount": 5000, "currency": "eur"}')) as w
 ) as s where s.status = 'accepted';
select set_eq(
  $$ select * from pg_temp.items_of('stripe', array[
    tap.row_of('sale', 'ch_1', 10000), tap.row_of('sale', 'pi_2', 5000, 'EUR', '{"also_known": ["ch_2"]}'),
    tap.row_of('refund', 're_1', 3000, 'EUR', '{"parent_object_id": "ch_1"}'),
    tap.row_of('refund', 're_2', 1000, 'EUR', '{"parent_object_id": "pi_1", "also_known": ["ch_1"]}'),
    tap.row_of('dispute', 'dp_1', 5000, 'EUR', '{"parent_object_id": "ch_2"}')]) $$,
  $$ values ('matched', 'sale', 'pi_1', 10000::bigint, 10000::bigint), ('matched', 'sale', 'pi_2', 5000, 5000),
    ('matched', 'refund', 'ch_1:3000', -3000, -3000), ('matched', 'refund', 'ch_1:4000', -1000, -1000),
    ('matched', 'dispute', 'dp_1', -5000, -5000) $$,
  'Stripe: a sale by its intent or its charge, refunds by either of their payment''s ids');
select set_eq(
  $$ select * from pg_temp.items_of('stripe', array[
    tap.row_of('sale', 'ch_1', 10000), tap.row_of('sale', 'pi_2', 5000),
    tap.row_of('refund', 're_1', 3500, 'EUR', '{"parent_object_id": "ch_1"}'),
    tap.row_of('refund', 're_2', 500, 'EUR', '{"parent_object_id": "ch_1"}'),
    tap.row_of('dispute', 'dp_1', 5000)]) where kind = 'refund' $$,
  $$ values ('matched', 'refund', 'ch_1:3000', -4000::bigint, -4000::bigint) $$,
  'refunds that are split differently match as a sum');
select set_eq(
  $$ select * from pg_temp.items_of('stripe', array[
    tap.row_of('sale', 'ch_1', 10000), tap.row_of('sale', 'pi_2', 5000), tap.row_of('dispute', 'dp_1', 5000),
    tap.row_of('refund', 're_1', 3000, 'EUR', '{"parent_object_id": "ch_1"}'),
    tap.row_of('refund', 're_2', 1100, 'EUR', '{"parent_object_id": "ch_1"}'),
    tap.row_of('refund', 're_3', 100, 'EUR', '{"parent_object_id": "ch_1", "reversal": true}')]) where kind = 'refund' $$,
  $$ values ('matched', 'refund', 'ch_1:3000', -3000::bigint, -3000::bigint),
    ('matched', 'refund', 'ch_1:4000', -1000, -1000) $$,
  'a refund that failed in part is taken off the others');

-- Shopify: ids as numbers, as gids, as the number that the shop shows
select is(count(*), 3::bigint, 'Shopify orders are there') from t
 cross join lateral (
   select w.status from tap.shopify(tenant_id, shopify, 'orders/paid',
     tap.shopify_order(450789469, p_more => '{"order_number": 1001}')) as w
   union all select w.status from tap.shopify(tenant_id, shopify, 'orders/paid',
     tap.shopify_order(450789470, p_more => '{"order_number": 1002}')) as w
   union all select w.status from tap.shopify(tenant_id, shopify, 'refunds/create',
     tap.shopify_refund(7001, 450789469, '40.00')) as w
 ) as s where s.status = 'accepted';
select set_eq(
  $$ select * from pg_temp.items_of('shopify', array[
    tap.row_of('sale', '#1001', 10000), tap.row_of('sale', 'gid://shopify/Order/450789470', 10000),
    tap.row_of('refund', null, 4000, 'EUR', '{"parent_object_id": "#1001"}')]) $$,
  $$ values ('matched', 'sale', '450789469', 10000::bigint, 10000::bigint),
    ('matched', 'sale', '450789470', 10000, 10000), ('matched', 'refund', '7001', -4000, -4000) $$,
  'Shopify: an order by its number, its gid or its id, refunds by their order');
select set_eq(
  $$ select * from pg_temp.items_of('shopify', array[
    jsonb_build_object('kind', 'sale', 'object_id', 450789469, 'currency', 'EUR', 'amount', 10000),
    tap.row_of('sale', '450789470', 6000), tap.row_of('sale', '#1002', 4000),
    tap.row_of('refund', '7001', 4000)]) $$,
  $$ values ('matched', 'sale', '450789469', 10000::bigint, 10000::bigint),
    ('matched', 'sale', '450789470', 10000, 10000), ('matched', 'refund', '7001', -4000, -4000) $$,
  'two spellings of one order add up');

-- A second shop with the same order number
select is(w.status, 'accepted', 'another shop has an order 1001 too')
  from t, tap.shopify(tenant_id, tap.endpoint(tenant_id, 'shopify'), 'orders/paid',
    tap.shopify_order(99, p_more => '{"order_number": 1001}')) as w;
create temp table ambiguous as
  select r.run_id from t, tap.reconcile(t.tenant_id, 'shopify', array[tap.row_of('sale', '#1001', 10000)]) as r;
select set_eq(
  $$ select i.reason, i.status from items as i join ambiguous using (run_id) where i.status <> 'missing_there' $$,
  $$ values ('ambiguous_id', 'unread') $$, 'a name that fits two sales is not guessed');

-- WooCommerce: the ledger's id names the shop
select is(w.status, 'accepted', 'a WooCommerce order is there')
  from t, tap.woocommerce(tenant_id, woo, tap.woocommerce_order(77)) as w;
select set_eq(
  $$ select * from pg_temp.items_of('woocommerce', array[tap.row_of('sale', '#77', 10000)]) $$,
  $$ values ('matched', 'sale', 'shop.example:77', 10000::bigint, 10000::bigint) $$,
  'WooCommerce: an order by its number without the shop');

select * from finish();
rollback;

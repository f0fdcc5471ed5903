-- A repair reads the stored payload again with its provider's normaliser.
begin;
select plan(12);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify, tap.endpoint(tenant_id, 'woocommerce') as woo,
  tap.endpoint(tenant_id, 'toss') as toss,
  tap.endpoint(tenant_id, 'stripe', '{"revenue_from": "invoices"}') as stripe from tap.tenant() as tenant_id;
create function pg_temp.send(p_endpoint_id uuid, p_headers jsonb, p_body jsonb, p_verification text)
  returns text language sql as $$
  select w.status from t, api.ingest_webhook(t.tenant_id, p_endpoint_id, p_headers,
    convert_to(p_body::text, 'UTF8'), p_verification) as w
$$;
create function pg_temp.repair(p_provider text, p_rows jsonb[]) returns text language plpgsql as $$
declare
  v_run_id uuid := (select r.run_id from t, tap.reconcile(t.tenant_id, p_provider, p_rows) as r);
begin
  return (select f::text from t, api.repair_from_reconciliation(t.tenant_id, v_run_id) as f);
end
$$;

select is(pg_temp.send(shopify, tap.shopify_headers('orders/paid'),
  tap.shopify_order(1, p_more => '{"order_number": 1001, "processed_at": null, "created_at": null}'), 'unverified'),
  'accepted', 'Shopify: an order that has its time from the header') from t;
select is(pg_temp.send(woo, tap.woocommerce_headers('order.updated'),
  tap.woocommerce_order(5, p_refunds => jsonb_build_array(tap.woocommerce_refund(6, '-10.00'))), 'unverified'),
  'accepted', 'WooCommerce: an order with a refund') from t;
select is(pg_temp.send(stripe, '{}', tap.stripe_event('invoice.paid',
  '{"id": "in_1", "amount_paid": 4200, "currency": "eur", "status": "paid"}', 'evt_in'), 'unverified'),
  'accepted', 'Stripe: an invoice, which counts by a setting') from t;

create function pg_temp.toss_payment() returns jsonb language sql as $$
  select '{"eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2026-03-05T10:00:00.000000", "data": {
    "paymentKey": "tgen_1", "orderId": "order-9", "status": "PARTIAL_CANCELED", "currency": "KRW",
    "totalAmount": 15000, "balanceAmount": 10000, "approvedAt": "2026-03-04T10:00:00+09:00",
    "lastTransactionKey": "txk_2", "cancels": [{"transactionKey": "txk_2", "cancelAmount": 5000,
      "canceledAt": "2026-03-05T10:00:00+09:00", "cancelStatus": "DONE"}]}}'::jsonb
$$;
select is(pg_temp.send(toss, '{"tosspayments-webhook-transmission-id": "whtrans_1"}', pg_temp.toss_payment(), 'unverified'),
  'accepted', 'Toss: a payment with a cancel, that Toss could not be asked about') from t;

select is(pg_temp.repair('toss', array[tap.row_of('sale', 'order-9', 15000, 'KRW'),
  tap.row_of('refund', null, 5000, 'KRW', '{"parent_object_id": "order-9"}')]), '(2,2,2,0,0)',
  'the payment and its cancel are booked, although the statement names the order');
select is(pg_temp.send(toss, '{"tosspayments-webhook-transmission-id": "whtrans_1"}', pg_temp.toss_payment(), 'requery'),
  'duplicate', 'the confirmed delivery that comes later tells nothing new') from t;
select is(pg_temp.repair('shopify', array[tap.row_of('sale', '#1001', 10000)]), '(1,1,1,0,0)',
  'the order is booked, although the statement has its number alone');
select is(pg_temp.repair('woocommerce', array[tap.row_of('sale', '5', 10000),
  tap.row_of('refund', null, 1000, 'EUR', '{"parent_object_id": "5"}')]), '(2,2,2,0,0)', 'the order and its refund are booked');
select is(pg_temp.repair('stripe', array[tap.row_of('sale', 'in_1', 4200)]), '(1,1,1,0,0)', 'the invoice is booked');
select is(pg_temp.send(stripe, '{}', tap.stripe_event('invoice.paid',
  '{"id": "in_1", "amount_paid": 4200, "currency": "eur", "status": "paid"}', 'evt_in'), 'signature'),
  'duplicate', 'the webhook that comes later tells nothing new') from t;
select set_eq(
  $$ select provider, kind, object_id, amount_minor, occurred_at from core.revenue_ledger join t using (tenant_id) $$,
  $$ values ('shopify', 'sale', '1', 10000::bigint, '2026-03-04 05:06:07Z'::timestamptz),
    ('woocommerce', 'sale', 'shop.example:5', 10000, '2026-03-01 10:00:05Z'),
    ('woocommerce', 'refund', 'shop.example:6', -1000, '2026-03-04 05:06:07Z'),
    ('toss', 'sale', 'tgen_1', 15000, '2026-03-04 01:00:00Z'),
    ('toss', 'refund', 'txk_2', -5000, '2026-03-05 01:00:00Z'),
    ('stripe', 'sale', 'in_1', 4200, '2026-03-04 05:06:07Z') $$,
  'as their webhooks would have been');
select is_empty('select from core.dead_events join t using (tenant_id)', 'and nothing was refused');

select * from finish();
rollback;

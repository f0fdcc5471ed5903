-- One event of a webhook that told several: a refund of an order or payment, a part of a batch.
begin;
select plan(22);

create temp table t as select tap.tenant() as tenant_id;
alter table t add woocommerce uuid, add toss uuid, add standard uuid;
update t set woocommerce = tap.endpoint(tenant_id, 'woocommerce'), toss = tap.endpoint(tenant_id, 'toss'),
  standard = tap.endpoint(tenant_id, 'standard');
create function pg_temp.fail() returns trigger language plpgsql as $$
begin
  raise exception 'no';
end
$$;
create trigger poison before insert on core.attribution_events
  for each row when (new.object_id ~ '(22|r-2|b)$') execute function pg_temp.fail();
create function pg_temp.events(p_receipt_id uuid) returns text language sql volatile as $$
  select string_agg(concat_ws(' ', e.kind, split_part(e.object_id, ':', 2), e.amount_minor), ', ' order by e.kind desc, e.object_id)
    from core.attribution_events as e join t using (tenant_id) where e.receipt_id = p_receipt_id
$$;

create temp table orders as
select w.* from t, tap.woocommerce(tenant_id, woocommerce, tap.woocommerce_order(1, '{}', jsonb_build_array(
  tap.woocommerce_refund(21, '-10.00'), tap.woocommerce_refund(22, '-20.00'), tap.woocommerce_refund(23, '-30.00')))) as w;
select is((select row(status, reason)::text from orders), '(accepted,internal_error)', 'one refund of an order fails');
select is((select tap.queue(tenant_id, receipt_id) from t, orders), '3 internal_error retrying 1', 'at its position');
select is((select pg_temp.events(receipt_id) from orders), 'sale 1 10000, refund 21 1000, refund 23 3000', 'the others stand');
select is((select tap.replay(tenant_id) from t), '1 0 0 1 internal_error', 'it fails again');
select is((select tap.queue(tenant_id, receipt_id) from t, orders), '3 internal_error retrying 2', 'at the same position');
select is((select tap.gate(tenant_id, receipt_id) from t, orders), 'failed accepted internal_error with event', 'a redelivery would be tried');

create temp table payments as
select w.* from t, tap.send(tenant_id, toss, '{}', jsonb_build_object('eventType', 'PAYMENT_STATUS_CHANGED',
  'createdAt', '2026-03-01T10:00:00.000000', 'data', jsonb_build_object('paymentKey', 'pay-1', 'orderId', 'order-1',
    'status', 'PARTIAL_CANCELED', 'currency', 'KRW', 'totalAmount', 10000, 'balanceAmount', 4000,
    'approvedAt', '2026-03-01T10:00:00+09:00', 'cancels', jsonb_build_array(
      jsonb_build_object('transactionKey', 'r-1', 'cancelAmount', 1000, 'canceledAt', '2026-03-02T10:00:00+09:00', 'cancelStatus', 'DONE'),
      jsonb_build_object('transactionKey', 'r-2', 'cancelAmount', 2000, 'canceledAt', '2026-03-02T11:00:00+09:00', 'cancelStatus', 'DONE'),
      jsonb_build_object('transactionKey', 'r-3', 'cancelAmount', 3000, 'canceledAt', '2026-03-02T12:00:00+09:00', 'cancelStatus', 'DONE'))))::text) as w;
select is((select tap.queue(tenant_id, receipt_id) from t, payments), '3 internal_error retrying 1', 'one cancellation of a payment fails');

create temp table batch as
select w.* from t, tap.standard(tenant_id, standard, 'm-1', jsonb_build_object('type', 'touch.batch', 'data', jsonb_build_object('touches',
  (select jsonb_agg(jsonb_build_object('touch_id', i.id, 'occurred_at', '2026-03-01T10:00:00Z', 'session_id', 's'))
     from (values ('a'), ('b'), ('c')) as i (id))))) as w;
select is((select tap.queue(tenant_id, receipt_id) from t, batch), '2 internal_error retrying 1', 'one touch of a batch fails');

drop trigger poison on core.attribution_events;
select is((select tap.replay(tenant_id) from t), '3 3 0 0', 'when the cause is gone all three are replayed');
select is((select pg_temp.events(receipt_id) from orders), 'sale 1 10000, refund 21 1000, refund 22 2000, refund 23 3000',
  'the refund is booked beside the others');
select is((select string_agg(l.object_id || ' ' || l.amount_minor, ', ' order by l.object_id) from core.revenue_ledger as l
  join t using (tenant_id) where l.provider = 'toss' and l.kind = 'refund'), 'r-1 -1000, r-2 -2000, r-3 -3000', 'the cancellation, too');
select is((select string_agg(e.object_id, ' ' order by e.object_id) from core.attribution_events as e, batch as b
  where e.receipt_id = b.receipt_id), 'a b c', 'the touch, too');
select is((select tap.gate(tenant_id, receipt_id) from t, orders), 'done accepted with event', 'each gate is done: the order''s');
select is((select tap.gate(tenant_id, receipt_id) from t, payments), 'done accepted with event', 'the payment''s');
select is((select tap.gate(tenant_id, receipt_id) from t, batch), 'done accepted with event', 'the batch''s');
select is((select e.object_id from core.webhook_dedup_events as g join core.attribution_events as e
    on e.tenant_id = g.tenant_id and e.event_id = g.event_id, batch as b where g.receipt_id = b.receipt_id), 'a',
  'and the receipt names the event it always named');
select is((select count(*) from core.dead_events as d join t using (tenant_id)), 3::bigint, 'no further letters were written');
select is((select row(w.status, w.reason)::text from t, tap.woocommerce(tenant_id, woocommerce, tap.woocommerce_order(1, '{}', jsonb_build_array(
  tap.woocommerce_refund(21, '-10.00'), tap.woocommerce_refund(22, '-20.00'), tap.woocommerce_refund(23, '-30.00')))) as w),
  '(duplicate,already_known)', 'the same state told again is known');


-- A refund that failed, and exceeds its sale by the time it is replayed: booked as far as it goes.
create trigger poison before insert on core.attribution_events
  for each row when (new.object_id = 'x-1') execute function pg_temp.fail();
select is((select string_agg(w.status, ' ' order by i) from t, lateral (
  select 1 as i, w.* from tap.standard(tenant_id, standard, 'x-0', tap.own_order('x-0')) as w
   union all
  select 2, w.* from tap.standard(tenant_id, standard, 'x-1', tap.own_refund('x-1', 'x-0', 15000)) as w) as w),
  'accepted dead', 'a refund above its sale fails for another reason');
drop trigger poison on core.attribution_events;
select is((select tap.replay(tenant_id) from t), '1 0 0 1 refund_exceeds_sale', 'its replay meets the sale');
select is((select string_agg(concat_ws(' ', d.position, d.reason, d.status, d.attempts, d.detail), ', ')
  from core.dead_events as d join t using (tenant_id) where d.delivery_key = 'webhook:x-1'),
  '1 refund_exceeds_sale open 2 object_id x-1, excess_minor 5000 EUR', 'the rest waits in the same row, tried twice');
select is((select string_agg(l.object_id || ' ' || l.amount_minor, ', ' order by l.object_id) from core.revenue_ledger as l
  join t using (tenant_id) where l.object_id like 'x-%'), 'x-0 10000, x-1 -10000', 'and what fitted is booked');

select * from finish();
rollback;

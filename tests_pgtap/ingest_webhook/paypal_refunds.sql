-- What is given back: by refund objects, reversals and orders, before or after the sale, never more than it and never twice.
begin;
select plan(46);

create temp table t as select tenant_id, tap.endpoint(tenant_id, 'paypal') as endpoint_id from tap.tenant() as tenant_id;
create function pg_temp.send(p_topic text, p_resource jsonb) returns text language sql as $$
  select s.status || ' ' || coalesce(s.reason, '-')
    from t, api.ingest_webhook(t.tenant_id, t.endpoint_id, jsonb_build_object('paypal-transmission-id', gen_random_uuid()),
      convert_to(jsonb_build_object('id', 'WH-' || gen_random_uuid(), 'event_type', p_topic, 'create_time', '2026-03-05T14:14:10.482Z',
        'resource', p_resource)::text, 'UTF8'), 'signature') as s
$$;
create function pg_temp.capture(p_id text, p_status text default 'COMPLETED') returns jsonb language sql as $$
  select jsonb_build_object('id', p_id, 'status', p_status, 'amount', '{"currency_code": "USD", "value": "100.00"}'::jsonb, 'create_time',
    '2026-03-02T14:14:06Z',
    'update_time', '2026-03-04T20:30:18Z', 'links', jsonb_build_array(jsonb_build_object('rel', 'self', 'href', '/v2/payments/captures/' || p_id)))
$$;
create function pg_temp.refund(p_id text, p_capture text, p_value text, p_status text default 'COMPLETED') returns jsonb language sql as $$
  select jsonb_build_object('id', p_id, 'status', p_status, 'amount', jsonb_build_object('currency_code', 'USD', 'value', p_value),
    'create_time', '2026-03-04T12:30:18-07:00', 'note_to_payer', 'Sorry, Robin', 'links', jsonb_build_array(
      jsonb_build_object('rel', 'self', 'href', 'https://api.paypal.com/v2/payments/refunds/' || p_id),
      jsonb_build_object('rel', 'up', 'href', 'https://api.paypal.com/v2/payments/captures/' || p_capture)))
$$;
create function pg_temp.v1(p_id text, p_parent jsonb, p_total text) returns jsonb language sql as $$
  select jsonb_build_object('id', p_id, 'state', 'completed', 'amount', jsonb_build_object('total', p_total, 'currency', 'USD'), 'create_time',
    '2026-03-04T20:30:18Z',
    'links', jsonb_build_array(jsonb_build_object('rel', 'self', 'href', 'https://api.paypal.com/v1/payments/refund/' || p_id))) || p_parent
$$;
create function pg_temp.order(p_capture jsonb, variadic p_refunds jsonb[]) returns jsonb language sql as $$
  select jsonb_build_object('id', 'O' || (p_capture ->> 'id'), 'status', 'COMPLETED', 'create_time', '2026-03-02T14:12:40Z', 'purchase_units', jsonb_build_array(
    jsonb_build_object('payments', jsonb_build_object('captures', jsonb_build_array(p_capture), 'refunds', to_jsonb(p_refunds)))))
$$;
create function pg_temp.ledger(p_id text) returns text language sql as $$
  select string_agg(concat_ws(' ', l.kind, l.object_id, l.amount_minor), ', ' order by l.booked_at)
    from core.revenue_ledger as l join t using (tenant_id) where p_id in (l.object_id, l.parent_object_id)
$$;
create function pg_temp.queue() returns text language sql as $$
  select string_agg(concat_ws(' ', d.reason, d.detail), ', ' order by d.first_failed_at) from core.dead_events as d join t using (tenant_id)
$$;

-- Partial refunds add up
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('A1')), 'accepted -', 'a capture of 100.00');
select is(pg_temp.send('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('A2', 'A1', '30.00')), 'accepted -', 'a refund of a part');
select is(pg_temp.send('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('A3', 'A1', '30.00')), 'accepted -', 'another of the same amount');
select is(pg_temp.ledger('A1'), 'sale A1 10000, refund A2 -3000, refund A3 -3000', 'are two');
select is(pg_temp.send('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('A2', 'A1', '30.00')), 'duplicate already_known',
  'one told twice is one');
select is(
  (select l.occurred_at at time zone 'UTC' from core.revenue_ledger as l join t using (tenant_id) where l.object_id = 'A2'), '2026-03-04T19:30:18'::timestamp,
  'at its own time, of which -07:00 is part');
select is(pg_temp.send('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('A4', 'A1', '50.00')), 'accepted refund_exceeds_sale',
  'more than is left');
select is(pg_temp.ledger('A1'), 'sale A1 10000, refund A2 -3000, refund A3 -3000, refund A4 -4000', 'is booked up to that');
select is(pg_temp.queue(), 'refund_exceeds_sale object_id A4, excess_minor 1000 USD', 'and the rest waits');

-- Before the sale
select is(pg_temp.send('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('B2', 'B1', '30.00')), 'accepted -', 'a refund before its sale');
select is(pg_temp.ledger('B1'), 'refund B2 -3000', 'is booked at once');
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('B1')), 'accepted -', 'its sale follows');
select is(pg_temp.ledger('B1'), 'refund B2 -3000, sale B1 10000', 'and both are tied');

-- Told by the order too
select is(pg_temp.send('CHECKOUT.ORDER.COMPLETED', pg_temp.order(
    pg_temp.capture('C1', 'PARTIALLY_REFUNDED'), pg_temp.refund('C2', 'C1', '30.00'))),
  'accepted -',
  'an order shows sale and refund');
select is(pg_temp.send('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('C2', 'C1', '30.00')), 'duplicate already_known',
  'the refund''s own event tells no more');
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('C1')), 'duplicate already_known', 'nor does the capture''s');
select is(pg_temp.ledger('C1'), 'sale C1 10000, refund C2 -3000', 'one of each');
select is(pg_temp.send('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('D2', 'D1', '30.00')), 'accepted -', 'the refund''s own event first');
select is(pg_temp.send('CHECKOUT.ORDER.COMPLETED', pg_temp.order(
    pg_temp.capture('D1', 'REFUNDED'), pg_temp.refund('D2', 'D1', '30.00'), pg_temp.refund('D3', 'D1', '70.00'))),
  'accepted -', 'then the order with two');
select is(pg_temp.ledger('D1'), 'refund D2 -3000, sale D1 10000, refund D3 -7000', 'adds the sale and the other');
select is(pg_temp.send('CHECKOUT.ORDER.COMPLETED', pg_temp.order(
    pg_temp.capture('E1', 'PARTIALLY_REFUNDED'), pg_temp.refund('E2', 'E1', '10.00'), pg_temp.refund('E3', 'E1', '95.00'))),
  'accepted refund_exceeds_sale', 'an order that shows more refunds than money');
select is(pg_temp.ledger('E1'), 'sale E1 10000, refund E2 -1000, refund E3 -9000', 'is booked up to it');
select is((select jsonb_path_query_array(d.payload, '$.resource.purchase_units[*].payments.*[*].id') from core.dead_events as d join t using (tenant_id)
  where d.detail like '%E3%'), '["E3"]', 'the letter holds the refund that is too much');

-- Reversals
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('F1')), 'accepted -', 'a capture');
select is(pg_temp.send('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('F2', 'F1', '30.00')), 'accepted -', 'refunded in part');
select is(pg_temp.send('PAYMENT.CAPTURE.REVERSED', pg_temp.refund('F3', 'F1', '70.00')), 'accepted -', 'and reversed for the rest');
select is(pg_temp.ledger('F1'), 'sale F1 10000, refund F2 -3000, refund F3 -7000', 'leaves nothing');
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('G1')), 'accepted -', 'a capture');
select is(pg_temp.send('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('G2', 'G1', '30.00')), 'accepted -', 'refunded in part');
select is(pg_temp.send('PAYMENT.CAPTURE.REVERSED', pg_temp.capture('G1', 'REFUNDED')), 'accepted -',
  'and reversed, telling the capture itself');
select is(pg_temp.ledger('G1'), 'sale G1 10000, refund G2 -3000, refund G1:reversed:10000 -7000', 'gives back what was left');
select is(pg_temp.send('PAYMENT.CAPTURE.REVERSED', pg_temp.capture('G1', 'REFUNDED')), 'duplicate already_known', 'once');
select is(pg_temp.send('PAYMENT.SALE.COMPLETED', '{"id": "H1", "state": "completed", "amount": {"total": "100.00", "currency": "USD"}}'), 'accepted -',
  'a v1 sale');
select is(pg_temp.send('PAYMENT.SALE.REFUNDED', pg_temp.v1('H2', '{"sale_id": "H1"}', '-0.15')), 'accepted -', 'a negative refund');
select is(pg_temp.send('PAYMENT.SALE.REFUNDED', pg_temp.v1('H3', '{"sale_id": "H1"}', '0.15')), 'accepted -', 'and a positive one');
select is(pg_temp.ledger('H1'), 'sale H1 10000, refund H2 -15, refund H3 -15', 'both take away');
select is(pg_temp.send('PAYMENT.SALE.REVERSED', pg_temp.v1('I2', '{}', '-0.49')), 'accepted -', 'a reversal that names no sale');
select is(pg_temp.ledger('I2'), 'refund I2 -49', 'is booked all the same');
select is((select l.parent_object_id from core.revenue_ledger as l join t using (tenant_id) where l.object_id = 'I2'), null,
  'tied to none');

-- Not carried out at first
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('J1')), 'accepted -', 'a capture');
select is(pg_temp.send('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('J2', 'J1', '30.00', 'PENDING')), 'accepted -', 'a pending refund of it');
select is(pg_temp.ledger('J1'), 'sale J1 10000', 'books nothing');
select is(pg_temp.send('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('J2', 'J1', '30.00')), 'accepted -', 'carried out');
select is(pg_temp.ledger('J1'), 'sale J1 10000, refund J2 -3000', 'it counts');
select is((select s.status from core.object_states as s join t using (tenant_id) where s.object_id = 'J2'), null, 'refunds have no state');
select is((select count(*) from core.attribution_events as e join t using (tenant_id) where core.contains_pii(e.payload)), 0::bigint,
  'no event holds personal data');

select * from finish();
rollback;

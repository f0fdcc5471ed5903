-- One money is told by an order and by its captures, in any order: it is booked once, and the latest state of each payment is kept.
begin;
select plan(52);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'paypal') as endpoint_id, tap.endpoint(tenant_id, 'paypal') as other_id from tap.tenant() as tenant_id;
create function pg_temp.send(p_topic text, p_resource jsonb, p_verification text default 'signature', p_endpoint_id uuid default null) returns text language sql as $$
  select s.status || ' ' || coalesce(s.reason, '-')
    from t, api.ingest_webhook(t.tenant_id, coalesce(p_endpoint_id, t.endpoint_id), jsonb_build_object('paypal-transmission-id', gen_random_uuid()),
      convert_to(jsonb_build_object('id', 'WH-' || gen_random_uuid(), 'event_type', p_topic, 'create_time', '2026-03-02T14:14:10.482Z',
        'resource', p_resource)::text, 'UTF8'), p_verification) as s
$$;
create function pg_temp.capture(p_id text, p_value text default '100.00', p_status text default 'COMPLETED', p_more jsonb default '{}') returns jsonb language sql as $$
  select jsonb_build_object('id', p_id, 'status', p_status, 'amount', jsonb_build_object('currency_code', 'USD', 'value', p_value),
    'create_time', '2026-03-02T14:14:06Z', 'links', jsonb_build_array(
      jsonb_build_object('rel', 'self', 'href', 'https://api.paypal.com/v2/payments/captures/' || p_id))) || p_more
$$;
create function pg_temp.sale(p_id text, p_total text, p_state text) returns jsonb language sql as $$
  select jsonb_build_object('id', p_id, 'state', p_state, 'amount', jsonb_build_object('total', p_total, 'currency', 'EUR'), 'create_time',
    '2026-03-02T14:15:02Z')
$$;
create function pg_temp.order(p_id text, variadic p_captures jsonb[]) returns jsonb language sql as $$
  select jsonb_build_object('id', p_id, 'status', 'COMPLETED', 'create_time', '2026-03-02T14:12:40Z', 'payer', '{"payer_id": "QYR5Z8XDVJNXQ",
      "email_address": "robin.example@example.com", "name": {"given_name": "Robin", "surname": "Examplesdottir"}}'::jsonb,
    'purchase_units', jsonb_build_array(jsonb_build_object('payments', jsonb_build_object('captures', to_jsonb(p_captures)))))
$$;
create function pg_temp.ledger(p_like text) returns text language sql as $$
  select string_agg(concat_ws(' ', l.kind, l.object_id, l.currency, l.amount_minor), ', ' order by l.object_id)
    from core.revenue_ledger as l join t using (tenant_id) where l.object_id like p_like
$$;
create function pg_temp.state(p_id text) returns text language sql as $$
  select s.status from core.object_states as s join t using (tenant_id) where s.provider = 'paypal' and s.object_id = p_id
$$;

-- The capture, then its order
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('A1')), 'accepted -', 'a capture is new');
select is(pg_temp.send('CHECKOUT.ORDER.COMPLETED', pg_temp.order('OA', pg_temp.capture('A1'))), 'duplicate already_known',
  'its order tells the same');
select is(pg_temp.ledger('A%'), 'sale A1 USD 10000', 'one sale');
select is((select count(*) from core.attribution_events as e join t using (tenant_id) where e.object_id = 'A1'), 1::bigint,
  'and one event');
-- The order, then its capture
select is(pg_temp.send('CHECKOUT.ORDER.COMPLETED', pg_temp.order('OB', pg_temp.capture('B1'))), 'accepted -', 'an order is new');
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('B1')), 'duplicate already_known', 'its capture tells the same');
select is(pg_temp.ledger('B%'), 'sale B1 USD 10000', 'one sale');
select matches((select e.customer_key from core.attribution_events as e join t using (tenant_id) where e.object_id = 'B1'), '^~[0-9a-f]{32}$',
  'of a payer');
-- Two captures of one order
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('D1', '60.00')), 'accepted -', 'the first of two captures');
select is(pg_temp.send('CHECKOUT.ORDER.COMPLETED', pg_temp.order('OD', pg_temp.capture('D1', '60.00'), pg_temp.capture('D2', '40.00'))),
  'accepted -',
  'the order tells a second one');
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('D2', '40.00')), 'duplicate already_known',
  'whose own event comes last');
select is(pg_temp.ledger('D%'), 'sale D1 USD 6000, sale D2 USD 4000', 'two sales');
-- Another event of the same capture (an id of its own), another endpoint, a DBA
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('A1')), 'duplicate already_known', 'a second event of one capture');
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('A1'), p_endpoint_id => other_id), 'duplicate already_known', 'through another endpoint') from t;
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('A1'), 'none'), 'duplicate already_known', 'or by hand');
select is(pg_temp.send('PAYMENT.SALE.COMPLETED', '{"id": "A1", "state": "completed", "create_time": "2026-03-02T14:14:06Z", "amount": {"total": "100.00", "currency": "USD"}}'),
  'duplicate already_known', 'or in v1''s words');
select is(pg_temp.ledger('A%'), 'sale A1 USD 10000', 'still one sale');
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('A1', '90.00')), 'accepted amount_differs',
  'another amount of a known capture is kept and told');
select is(pg_temp.ledger('A%'), 'sale A1 USD 10000', 'the first one stands');
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('A2'), 'unverified'), 'accepted unverified', 'what nobody verified');
select is(pg_temp.ledger('A2'), null, 'is not booked');
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('A2'), 'postback'), 'accepted -', 'until PayPal confirms it');
select is(pg_temp.ledger('A2'), 'sale A2 USD 10000', 'then it is');

-- Pending, completed, denied
select is(pg_temp.send('PAYMENT.CAPTURE.PENDING', pg_temp.capture('E1', p_status => 'PENDING')), 'accepted -', 'a pending capture');
select is(pg_temp.ledger('E%'), null, 'is no sale');
select is(pg_temp.state('E1'), 'pending', 'it is pending');
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('E1')), 'accepted -', 'completed');
select is(pg_temp.ledger('E%'), 'sale E1 USD 10000', 'it is one');
select is(pg_temp.state('E1'), 'completed', 'and known as completed');
select is(pg_temp.send('PAYMENT.CAPTURE.PENDING', pg_temp.capture('E1', p_status => 'PENDING')), 'duplicate already_known',
  'a late pending is known');
select is(pg_temp.state('E1'), 'completed', 'and changes nothing');
select is(pg_temp.send('PAYMENT.SALE.COMPLETED', pg_temp.sale('F1', '5.00', 'completed')), 'accepted -', 'completed first');
select is(pg_temp.send('PAYMENT.SALE.PENDING', pg_temp.sale('F1', '5.00', 'pending')), 'superseded -',
  'then pending, which is older though of the same time');
select is(pg_temp.state('F1'), 'completed', 'changes nothing');
select is(pg_temp.send('PAYMENT.SALE.PENDING', pg_temp.sale('G1', '5.00', 'pending')), 'accepted -', 'a pending sale');
select is(pg_temp.send('PAYMENT.SALE.DENIED', pg_temp.sale('G1', '5.00', 'denied')), 'accepted -', 'is denied');
select is(pg_temp.state('G1'), 'denied', 'it stays denied');
select is(pg_temp.ledger('G%'), null, 'and moved no money');
select is(pg_temp.send('CHECKOUT.ORDER.COMPLETED', pg_temp.order('OH', pg_temp.capture('H1', p_status => 'PENDING'))), 'accepted -',
  'an order of a pending capture');
select is(pg_temp.send('PAYMENT.CAPTURE.PENDING', pg_temp.capture('H1', p_status => 'PENDING')), 'duplicate already_known',
  'tells what its own event tells');
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('H1')), 'accepted -', 'once completed');
select is(pg_temp.ledger('H%'), 'sale H1 USD 10000', 'it is a sale');
-- The order is delivered when its capture was refunded already: the sale counts, and so does the refund.
select is(pg_temp.send('CHECKOUT.ORDER.COMPLETED', pg_temp.order('OI', pg_temp.capture('I1', p_status => 'PARTIALLY_REFUNDED'))), 'accepted -',
  'a late order');
select is(pg_temp.ledger('I%'), 'sale I1 USD 10000', 'is the sale');
select is(pg_temp.state('I1'), 'partially_refunded', 'with the state it shows');
select is(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('I1')), 'duplicate already_known', 'its capture tells no more');
select is(pg_temp.state('I1'), 'partially_refunded', 'and no later state');
-- Nothing but a state, and the currencies
select is(pg_temp.send('CHECKOUT.ORDER.COMPLETED', '{"id": "OJ", "status": "COMPLETED", "create_time": "2026-03-02T14:12:40Z"}'), 'accepted -',
  'an order without payments');
select is(pg_temp.state('OJ') || coalesce(pg_temp.ledger('OJ'), ' -'), 'completed -', 'is context');
select is((select string_agg(pg_temp.send('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('K' || c.currency, c.value, p_more => jsonb_build_object('amount',
      jsonb_build_object('value', c.value, 'currency_code', c.currency)))), ', ' order by c.currency)
    from (values ('HUF', '1500'), ('JPY', '1500'), ('KWD', '1.5')) as c (currency, value)), 'accepted -, accepted -, accepted -',
      'three currencies');
select is(pg_temp.ledger('K%'), 'sale KHUF HUF 150000, sale KJPY JPY 1500, sale KKWD KWD 1500', 'each by its own exponent');

select is((select count(*) from core.attribution_events as e join t using (tenant_id) where core.contains_pii(e.payload)), 0::bigint,
  'no event holds personal data');

select * from finish();
rollback;

-- Toss deliveries: what is one, what is ignored, what nobody confirmed, and what may never be kept.
begin;
select plan(40);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'toss', '{"api_secret_key": "test_sk_x", "on_unreachable": "store"}') as endpoint_id from tap.tenant() as tenant_id;
create function pg_temp.send(p_id text, p_body text, p_verification text default 'requery') returns text language sql as $$
  select s.status || ' ' || coalesce(s.reason, '-')
    from t, api.ingest_webhook(t.tenant_id, t.endpoint_id, jsonb_build_object('tosspayments-webhook-transmission-id', p_id),
      convert_to(p_body, 'UTF8'), p_verification) as s
$$;
create function pg_temp.payment(p_key text, p_more jsonb default '{}') returns text language sql as $$
  select jsonb_build_object('eventType', 'PAYMENT_STATUS_CHANGED', 'createdAt', '2026-03-05T09:00:00.5', 'data', jsonb_build_object(
    'paymentKey', p_key, 'orderId', 'order-1', 'status', 'DONE', 'currency', 'KRW', 'totalAmount', 10000,
    'approvedAt', '2026-03-02T14:46:58+09:00') || p_more)::text
$$;
create function pg_temp.ledger() returns text language sql as $$
  select string_agg(concat_ws(' ', l.kind, l.object_id, l.amount_minor), ', ' order by l.booked_at) from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id
$$;

-- A delivery is a transmission with its body.
select is(pg_temp.send('whtrans_1', pg_temp.payment('pk_1', '{"status": "WAITING_FOR_DEPOSIT", "approvedAt": null}')), 'accepted -', 'a transmission');
select is(pg_temp.send('whtrans_1', pg_temp.payment('pk_1', '{"status": "WAITING_FOR_DEPOSIT", "approvedAt": null}')), 'duplicate -', 'the same again');
select is(pg_temp.send('whtrans_1', pg_temp.payment('pk_1', '{"approvedAt": "2026-03-05T09:30:00+09:00"}')), 'accepted -', 'the same transmission when the payment is in another state: no conflict');
select is(pg_temp.send('whtrans_2', pg_temp.payment('pk_1')), 'duplicate already_known', 'another transmission of the same state');
select is(pg_temp.send(null, pg_temp.payment('pk_2')), 'accepted -', 'without an id the body is the delivery');
select is(pg_temp.send(null, pg_temp.payment('pk_2')), 'duplicate -', 'the same body is the same');
select is(pg_temp.ledger(), 'sale pk_1 10000, sale pk_2 10000', 'each payment is booked once');
select is((select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id), 0::bigint, 'and nothing is dead');

-- Topics that carry no revenue
select is(pg_temp.send('whtrans_9' || c.topic, jsonb_build_object('eventType', c.topic, 'createdAt', '2026-03-05T09:00:00+09:00', 'entityBody',
    '{"amount": {"currency": "KRW", "value": 5000.0}, "company": {"email": "kim@example.com"}}'::jsonb)::text, 'signature'),
  'ignored topic', c.topic || ' is ignored')
from (values ('payout.changed'), ('seller.changed'), ('BILLING_DELETED'), ('METHOD_UPDATED'), ('CUSTOMER_STATUS_CHANGED')) as c (topic);

-- Kept unconfirmed (on_unreachable: store), and confirmed later
select is(pg_temp.send('whtrans_3', pg_temp.payment('pk_3'), 'unverified'), 'accepted unverified', 'what Toss could not be asked about is kept');
select is(
  (select row(e.kind, e.verification, e.amount_minor)::text from core.attribution_events as e, t where e.tenant_id = t.tenant_id and e.object_id = 'pk_3'),
  '(sale,unverified,10000)', 'as unverified'
);
select is(pg_temp.ledger(), 'sale pk_1 10000, sale pk_2 10000', 'and not booked');
select is((select count(*) from core.object_states as s, t where s.tenant_id = t.tenant_id and s.object_id = 'pk_3'), 0::bigint, 'nor known as a state');
select is(pg_temp.send('whtrans_3', pg_temp.payment('pk_3'), 'requery'), 'accepted -', 'its confirmation');
select is(pg_temp.ledger(), 'sale pk_1 10000, sale pk_2 10000, sale pk_3 10000', 'is booked');
select is(pg_temp.send('whtrans_4', '{"createdAt": "2026-03-05T09:00:00", "status": "DONE", "transactionKey": "T1", "orderId": "order-4"}', 'unverified'),
  'accepted unverified', 'a deposit without its secret is kept in the same way');

-- What Toss sends, taken as it is by a DBA
select is(pg_temp.send(null, c.body, 'none'), c.expected, c.name)
from (values
  ('{"createdAt": "2022-01-01T00:00:00.000000", "secret": "ps_1", "status": "DONE", "transactionKey": "T5", "orderId": "<order>"}', 'accepted -',
    'a deposit callback is context'),
  ('{"eventType": "CANCEL_STATUS_CHANGED", "createdAt": "2022-01-01T00:00:00.000000", "data": {"transactionKey": "T6", "cancelAmount": 1000,
     "canceledAt": "2024-02-13T12:20:23+09:00", "cancelStatus": "DONE"}}', 'accepted -', 'a cancel without its payment is context'),
  ('{"eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2022-05-12T00:00:00.000", "data": {"paymentKey": "k", "status": "DONE", "orderId": "o"}}',
    'dead missing_field', 'a sale without amount is dead'),
  ('{"eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2022-05-12T00:00:00.000", "data": {"paymentKey": "k", "status": "DONE", "totalAmount": 5}}',
    'dead currency_missing', 'won are not guessed'),
  ('{"eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2022-05-12T00:00:00.000"}', 'dead missing_field', 'a payment without data is dead'),
  ('{"security_key": "00", "body": "{}"}', 'dead missing_field', 'what is no webhook is dead'),
  ('[{"eventType": "PAYMENT_STATUS_CHANGED"}]', 'dead not_an_object', 'a list is dead'),
  ('{"eventType": "PAYMENT_STATUS_CHANGED", ', 'dead invalid_json', 'a body cut short is dead')
) as c (body, expected, name);
select is(pg_temp.ledger(), 'sale pk_1 10000, sale pk_2 10000, sale pk_3 10000', 'nothing of that is booked');

-- Personal data: where Toss is known to put it, it goes silently; elsewhere it quarantines.
select is(pg_temp.send('whtrans_7', pg_temp.payment('pk_7', '{"orderName": "kim@example.com", "virtualAccount": {"customerName": "zebulon"},
  "card": {"number": "4111111111111111"}, "metadata": {"who": "010-1234-5678"}, "receipt": {"url": "https://example.com/?t=zebulon"}}')), 'accepted -',
  'a payment full of personal data is booked');
select is(pg_temp.send('whtrans_8', pg_temp.payment('pk_8', '{"approvedAt": "kim@example.com"}')), 'dead pii_violation', 'a mail address for a time is not');
select is(pg_temp.send('whtrans_9', pg_temp.payment('pk_9', '{"orderId": "010-1234-5678"}')), 'accepted -', 'an order id like a telephone number is kept as a hash');
select is(
  (select count(*) from core.attribution_events as e, t
    where e.tenant_id = t.tenant_id and e.payload::text ~ 'zebulon|example|41111|1234-5|ps_1|secret'), 0::bigint, 'no event keeps any of it'
);
select is(
  (select count(*) from core.dead_events as d, t
    where d.tenant_id = t.tenant_id and concat_ws(' ', d.payload, d.detail, d.headers) ~ 'kim@|1234-5'), 0::bigint, 'nor any dead letter'
);

-- Settings
select lives_ok(format('select tap.endpoint(%L, %L, %L)', t.tenant_id, 'toss', c.settings), c.name)
from t, (values
  ('{"api_secret_key": "live_sk_abc", "on_unreachable": "retry"}', 'an endpoint may have the merchant''s key, and retry'),
  ('{"api_secret_key": "file:/run/secrets/toss", "pii": "redact"}', 'the key may be a reference')
) as c (settings, name);
select throws_ok(format('select tap.endpoint(%L, %L, %L)', t.tenant_id, c.provider, c.settings), 'HL005', null, c.name)
from t, (values
  ('toss', '{"on_unreachable": "drop"}', 'webhooks are not dropped'),
  ('toss', '{"api_secret_key": " "}', 'a blank key is none'),
  ('toss', '{"revenue_from": "payments"}', 'nor may it have another provider''s settings'),
  ('stripe', '{"api_secret_key": "live_sk_abc"}', 'others may not have its key')
) as c (provider, settings, name);

select * from finish();
rollback;

-- What a Toss delivery is: its eventType or, without one, its shape; and the transmission id of the header with the body's hash.
begin;
select plan(31);

select is(
  (select coalesce(i.topic, '-') || ' ' || coalesce(i.ignore_reason, 'read') from core.identify_toss('{}', c.body::jsonb) as i),
  c.expected, c.name
)
from (values
  ('{"eventType": "PAYMENT_STATUS_CHANGED", "data": {}}', 'PAYMENT_STATUS_CHANGED read', 'a payment''s state is read'),
  ('{"eventType": "DEPOSIT_CALLBACK", "data": {}}', 'DEPOSIT_CALLBACK read', 'a deposit with the confirmed payment is read'),
  ('{"secret": "s", "status": "DONE", "transactionKey": "T", "orderId": "o"}', 'DEPOSIT_CALLBACK read',
    'a deposit as Toss sends it has no eventType'),
  ('{"status": "DONE", "transactionKey": "T", "orderId": "o"}', 'DEPOSIT_CALLBACK read', 'and is known without its secret too'),
  ('{"paymentKey": "k", "orderId": "o", "status": "DONE", "lastTransactionKey": "T"}', 'PAYMENT_STATUS_CHANGED read',
    'a Payment object from the API tells a payment''s state'),
  ('{"eventType": "CANCEL_STATUS_CHANGED", "data": {}}', 'CANCEL_STATUS_CHANGED read', 'a cancel''s state is read'),
  ('{"eventType": "payout.changed"}', 'payout.changed topic', 'a payout is no revenue'),
  ('{"eventType": "seller.changed"}', 'seller.changed topic', 'nor is a seller'),
  ('{"eventType": "BILLING_DELETED"}', 'BILLING_DELETED topic', 'nor a billing key'),
  ('{"eventType": "METHOD_UPDATED"}', 'METHOD_UPDATED topic', 'nor a payment method'),
  ('{"eventType": "CUSTOMER_STATUS_CHANGED"}', 'CUSTOMER_STATUS_CHANGED topic', 'nor a customer'),
  ('{"eventType": "payment_status_changed"}', 'payment_status_changed topic', 'an eventType is spelled as documented'),
  ('{}', '- read', 'an empty object is nothing'),
  ('{"eventType": ""}', '- read', 'an empty eventType is none'),
  ('{"eventType": null, "paymentKey": "k", "orderId": "o", "status": "DONE"}', '- read', 'a null eventType is none, whatever else there is'),
  ('{"eventType": 7}', '- read', 'a number is no eventType'),
  ('{"eventType": {"eventType": "PAYMENT_STATUS_CHANGED"}}', '- read', 'an object is no eventType'),
  ('{"data": {"paymentKey": "k"}}', '- read', 'data without eventType is nothing'),
  ('{"orderId": "o", "status": "DONE"}', '- read', 'an order id and a status alone are nothing')
) as c (body, expected, name);

select is((select i.topic from core.identify_toss('{}', '{"eventType": "kim@example.com"}') as i) ~ '^sha256:', true,
  'an eventType that is none is kept as its hash');

select is(
  (select row(i.delivery_key, i.key_includes_body, i.proof_key)::text
     from core.identify_toss(c.headers::jsonb, '{"eventType": "PAYMENT_STATUS_CHANGED"}') as i),
  c.expected, c.name
)
from (values
  ('{"tosspayments-webhook-transmission-id": "whtrans_a1"}', '(transmission:whtrans_a1,t,)', 'the transmission with its body is the delivery'),
  ('{"tosspayments-webhook-transmission-time": "2026-03-02T14:46:59+09:00"}', '(,f,)', 'without an id the body''s hash takes its place'),
  ('{"tosspayments-webhook-transmission-id": ""}', '(,f,)', 'an empty id is none'),
  ('{"tosspayments-webhook-transmission-id": null}', '(,f,)', 'a null id is none'),
  ('{"tosspayments-webhook-transmission-id": ["x"]}', '(,f,)', 'a list is none')
) as c (headers, expected, name);

select matches(
  (select i.delivery_key from core.identify_toss('{"tosspayments-webhook-transmission-id": "kim@example.com"}', '{}') as i),
  '^sha256:[0-9a-f]{64}$', 'a mail address as transmission id is not kept'
);
select is(
  (select row(i.topic, i.delivery_key, i.ignore_reason)::text
     from core.identify_toss('{"tosspayments-webhook-transmission-id": "whtrans_a1"}', null) as i),
  '(,transmission:whtrans_a1,)', 'of an unreadable body the header still tells the delivery'
);

select is(core.toss_topic(c.body::jsonb), null, c.name)
from (values
  ('[]', 'a list has no topic'), ('7', 'a number has no topic'), ('null', 'null has no topic'), ('"eventType"', 'a text has no topic')
) as c (body, name);

select * from finish();
rollback;

-- What a PayPal delivery is: type and id of the event; what may never come with another body is the transmission.
begin;
select plan(49);

select is(
  (select coalesce(i.topic, '-') || ' ' || coalesce(i.ignore_reason, 'read')
     from core.identify_paypal('{}', jsonb_build_object('id', 'WH-1', 'event_type', c.topic)) as i),
  c.topic || ' ' || c.expected, c.topic || ' is ' || c.expected
)
from (values
  ('PAYMENT.SALE.COMPLETED', 'read'), ('PAYMENT.SALE.REFUNDED', 'read'), ('PAYMENT.SALE.REVERSED', 'read'),
  ('PAYMENT.SALE.DENIED', 'read'), ('PAYMENT.SALE.PENDING', 'read'),
  ('PAYMENT.CAPTURE.COMPLETED', 'read'), ('PAYMENT.CAPTURE.REFUNDED', 'read'), ('PAYMENT.CAPTURE.REVERSED', 'read'),
  ('PAYMENT.CAPTURE.DENIED', 'read'), ('PAYMENT.CAPTURE.DECLINED', 'read'), ('PAYMENT.CAPTURE.PENDING', 'read'),
  ('CHECKOUT.ORDER.COMPLETED', 'read'),
  ('CHECKOUT.ORDER.APPROVED', 'topic'), ('CHECKOUT.PAYMENT-APPROVAL.REVERSED', 'topic'), ('PAYMENT.AUTHORIZATION.CREATED', 'topic'),
  ('PAYMENTS.PAYMENT.CREATED', 'topic'), ('PAYMENT.REFUND.PENDING', 'topic'), ('PAYMENT.REFUND.FAILED', 'topic'),
  ('CUSTOMER.DISPUTE.CREATED', 'topic'), ('BILLING.SUBSCRIPTION.ACTIVATED', 'topic'), ('PAYMENT.PAYOUTSBATCH.SUCCESS', 'topic'),
  ('payment.sale.completed', 'topic'), ('PAYMENT.SALE.COMPLETED.', 'topic')
) as c (topic, expected);

select is((core.identify_paypal('{}', c.body::jsonb)).topic, null, c.name)
from (values
  ('{}', 'an empty object has no topic'), ('{"event_type": ""}', 'an empty type is none'), ('{"event_type": null}', 'null is none'),
  ('{"event_type": 7}', 'a number is none'), ('{"event_type": {"event_type": "PAYMENT.SALE.COMPLETED"}}', 'an object is none'),
  ('[]', 'a list has no topic'), ('"event_type"', 'a text has no topic'), ('7', 'a number has no topic'), ('null', 'null has no topic')
) as c (body, name);
select matches((core.identify_paypal('{}', '{"event_type": "kim@example.com"}')).topic, '^sha256:[0-9a-f]{64}$',
  'a type that is none is kept as its hash');

select is((core.identify_paypal('{}', c.body::jsonb)).delivery_key, c.expected, c.name)
from (values
  ('{"id": "WH-2WR32451HC0233532-67976317FL4543714", "event_type": "PAYMENT.SALE.COMPLETED"}',
    'event:PAYMENT.SALE.COMPLETED:WH-2WR32451HC0233532-67976317FL4543714', 'the event of a type is the delivery'),
  ('{"id": "WH-COC11055RA711503B-4YM959094A144403T", "event_type": "CHECKOUT.ORDER.APPROVED"}',
    'event:CHECKOUT.ORDER.APPROVED:WH-COC11055RA711503B-4YM959094A144403T', 'the simulator''s id of one type'),
  ('{"id": "WH-COC11055RA711503B-4YM959094A144403T", "event_type": "CHECKOUT.ORDER.COMPLETED"}',
    'event:CHECKOUT.ORDER.COMPLETED:WH-COC11055RA711503B-4YM959094A144403T', 'is not that of another'),
  ('{"event_type": "PAYMENT.SALE.COMPLETED"}', null, 'without an id the body''s hash takes its place'),
  ('{"id": "", "event_type": "PAYMENT.SALE.COMPLETED"}', null, 'an empty id is none'),
  ('{"id": 12, "event_type": "PAYMENT.SALE.COMPLETED"}', null, 'a number is none'),
  ('{"id": ["WH-1"], "event_type": "PAYMENT.SALE.COMPLETED"}', null, 'a list is none')
) as c (body, expected, name);
select matches((core.identify_paypal('{}', '{"id": "kim@example.com", "event_type": "PAYMENT.SALE.COMPLETED"}')).delivery_key,
  '^sha256:[0-9a-f]{64}$',
  'a mail address as id is not kept');

select is(
  (select row(i.proof_key, i.key_includes_body)::text from core.identify_paypal(c.headers::jsonb, c.body::jsonb) as i), c.expected, c.name
)
from (values
  ('{"paypal-transmission-id": "dfb3be50-fd74-11e4-8bf3-77339302725b"}', '{"id": "WH-1"}',
    '(transmission:dfb3be50-fd74-11e4-8bf3-77339302725b,f)', 'the transmission is what the signature covers'),
  ('{"paypal-transmission-id": ""}', '{"id": "WH-1"}', '(,f)', 'an empty transmission is none'),
  ('{"paypal-transmission-id": null}', '{"id": "WH-1"}', '(,f)', 'null is none'),
  ('{}', '{"id": "WH-1"}', '(,f)', 'a DBA hands over no transmission'),
  ('{"paypal-transmission-id": "a"}', null, '(transmission:a,f)', 'nor need the body be readable'),
  ('{}', '{"id": "WH-1", "transmissions": [{"transmission_id": "a"}]}', '(,t)',
    'with the log of its transmissions the body is part of the key'),
  (null, '{"id": "WH-1"}', '(,f)', 'no headers at all')
) as c (headers, body, expected, name);
select matches((core.identify_paypal('{"paypal-transmission-id": "kim@example.com"}', null)).proof_key, '^sha256:[0-9a-f]{64}$',
  'a mail address as transmission is not kept');

select * from finish();
rollback;

-- What a Stripe delivery is stands in its body: type, id and, for Connect, account.
begin;
select plan(17);

select is(
  (select coalesce(i.topic, '-') || ' ' || coalesce(i.ignore_reason, 'booked')
     from core.identify_stripe('{}', jsonb_build_object('id', 'evt_1', 'type', c.type)) as i),
  c.expected,
  c.type || ' is ' || c.verb
)
from (values
  ('payment_intent.succeeded', 'payment_intent.succeeded booked', 'booked'),
  ('charge.succeeded', 'charge.succeeded booked', 'booked'),
  ('charge.refunded', 'charge.refunded booked', 'booked'),
  ('charge.dispute.created', 'charge.dispute.created booked', 'booked'),
  ('checkout.session.completed', 'checkout.session.completed booked', 'booked'),
  ('invoice.paid', 'invoice.paid booked', 'booked'),
  ('invoice.payment_succeeded', 'invoice.payment_succeeded topic', 'ignored'),
  ('charge.refund.updated', 'charge.refund.updated topic', 'ignored'),
  ('payment_intent.payment_failed', 'payment_intent.payment_failed topic', 'ignored'),
  ('customer.created', 'customer.created topic', 'ignored')
) as c (type, expected, verb);

select is((select i.delivery_key from core.identify_stripe('{}', c.body::jsonb) as i), c.expected, c.name)
from (values
  ('{"id": "evt_1", "type": "charge.succeeded"}', 'event:evt_1', 'the event id is the delivery'),
  ('{"id": "evt_1", "type": "charge.succeeded", "account": "acct_1"}', 'event:acct_1:evt_1',
    'of a connected account together with the account'),
  ('{"id": "evt_1", "type": "charge.succeeded", "account": null}', 'event:evt_1', 'a null account is none'),
  ('{"type": "charge.succeeded"}', null, 'without an id the body''s hash takes its place'),
  ('{"id": "", "type": "charge.succeeded"}', null, 'an empty id is none')
) as c (body, expected, name);

select matches(
  (select i.delivery_key from core.identify_stripe('{}', '{"id": "someone@example.com", "type": "charge.succeeded"}') as i),
  '^sha256:[0-9a-f]{64}$', 'a mail address as an id is not kept'
);
select is(
  (select row(i.topic, i.delivery_key)::text from core.identify_stripe('{}', null) as i), '(,)',
  'an unreadable body tells nothing'
);

select * from finish();
rollback;

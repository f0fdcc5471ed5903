-- What a Standard Webhooks delivery is: the type in its body, the signed webhook-id in its headers.
begin;
select plan(21);

select is(
  (select coalesce(i.topic, '-') || ' ' || coalesce(i.ignore_reason, 'booked')
     from core.identify_standard('{}', jsonb_build_object('type', c.type)) as i),
  c.expected,
  c.type || ' is ' || c.verb
)
from (values
  ('touch.recorded', 'touch.recorded booked', 'booked'),
  ('touch.batch', 'touch.batch booked', 'booked'),
  ('order.paid', 'order.paid booked', 'booked'),
  ('order.refunded', 'order.refunded booked', 'booked'),
  ('order.created', 'order.created topic', 'ignored'),
  ('Order.Paid', 'Order.Paid topic', 'ignored: types are spelled as they are'),
  ('contact.created', 'contact.created topic', 'ignored')
) as c (type, expected, verb);

select is(
  (select i.delivery_key from core.identify_standard(c.headers::jsonb, '{"type": "order.paid"}') as i), c.expected, c.name
)
from (values
  ('{"webhook-id": "msg_1"}', 'webhook:msg_1', 'the webhook id is the delivery'),
  ('{"webhook-id": ""}', null, 'an empty one is none'),
  ('{"webhook-id": null}', null, 'a null one is none'),
  ('{}', null, 'without one the body''s hash takes its place'),
  ('null', null, 'so it does without headers')
) as c (headers, expected, name);
select matches(
  (select i.delivery_key from core.identify_standard(jsonb_build_object('webhook-id', c.id), '{}') as i), '^sha256:[0-9a-f]{64}$', c.name
)
from (values
  ('someone@example.com', 'a mail address as an id is not kept'),
  (repeat('x', 300), 'nor is a long one')
) as c (id, name);
select ok(
  (select not i.key_includes_body and i.proof_key is null from core.identify_standard('{"webhook-id": "msg_1"}', '{}') as i),
  'one id is one delivery, and the body is signed with it'
);

select is(
  (select row(i.topic, i.delivery_key, i.ignore_reason)::text from core.identify_standard('{"webhook-id": "msg_1"}', c.body::jsonb) as i),
  '(,webhook:msg_1,)', c.name
)
from (values
  (null, 'an unreadable body tells no type'),
  ('{}', 'nor does an empty one'),
  ('{"type": null}', 'null is no type'),
  ('{"type": ["order.paid"]}', 'a list is no type'),
  ('{"type": ""}', 'an empty text is none')
) as c (body, name);
select matches(
  (select i.topic from core.identify_standard('{}', '{"type": "someone@example.com"}') as i), '^sha256:[0-9a-f]{64}$',
  'a mail address as a type is not kept'
);

select * from finish();
rollback;

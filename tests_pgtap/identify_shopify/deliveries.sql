-- What a Shopify delivery is comes from its headers: the bodies of several topics are identical.
begin;
select plan(22);

select is(
  (select coalesce(i.topic, '-') || ' ' || coalesce(i.ignore_reason, 'booked')
     from core.identify_shopify(c.headers::jsonb, c.body::jsonb) as i),
  c.expected,
  c.name
)
from (values
  ('{"x-shopify-topic": "orders/paid"}', '{"id": 1}', 'orders/paid booked', 'orders/paid is booked'),
  ('{"x-shopify-topic": "orders/create"}', '{"id": 1}', 'orders/create booked', 'orders/create is booked'),
  ('{"x-shopify-topic": "orders/cancelled"}', '{"id": 1}', 'orders/cancelled booked', 'orders/cancelled is booked'),
  ('{"x-shopify-topic": "refunds/create"}', '{"id": 1}', 'refunds/create booked', 'refunds/create is booked'),
  ('{"x-shopify-topic": "Orders/Paid"}', '{"id": 1}', 'orders/paid booked', 'the case of the topic does not matter'),
  ('{"x-shopify-topic": "orders/updated"}', '{"id": 1}', 'orders/updated topic', 'orders/updated is ignored'),
  ('{"x-shopify-topic": "customers/create"}', '{"id": 1}', 'customers/create topic', 'customers/create is ignored'),
  ('{"x-shopify-topic": "orders/paid", "x-shopify-test": "true"}', '{"id": 1}', 'orders/paid test',
    'a test delivery is known by its header'),
  ('{"x-shopify-topic": "orders/paid", "x-shopify-test": "True"}', '{"id": 1}', 'orders/paid test',
    'in any case of letters'),
  ('{"x-shopify-topic": "orders/paid", "x-shopify-test": "false"}', '{"id": 1}', 'orders/paid booked',
    'a header that says false is no test'),
  ('{"x-shopify-topic": "orders/paid"}', '{"test": true}', 'orders/paid test', 'a test order is known by its body'),
  ('{"x-shopify-topic": "orders/paid"}', '{"test": false}', 'orders/paid booked', 'a body that says false is no test'),
  ('{"x-shopify-topic": "orders/paid"}', '{"test": null}', 'orders/paid booked', 'a body that says null is no test'),
  ('{"x-shopify-topic": "orders/paid"}', null, 'orders/paid booked', 'the headers tell the topic of an unreadable body'),
  ('{}', '{"id": 1}', '- booked', 'without the header there is no topic')
) as c (headers, body, expected, name);

select is((select i.delivery_key from core.identify_shopify(c.headers::jsonb, '{}') as i), c.expected, c.name)
from (values
  ('{"x-shopify-topic": "orders/paid", "x-shopify-shop-domain": "Example.myshopify.com", "x-shopify-event-id": "e-1",
     "x-shopify-webhook-id": "w-1"}',
    'event:example.myshopify.com:orders/paid:e-1', 'the event id with shop and topic comes first'),
  ('{"x-shopify-topic": "orders/create", "x-shopify-shop-domain": "example.myshopify.com", "x-shopify-event-id": "e-1"}',
    'event:example.myshopify.com:orders/create:e-1', 'two topics of one merchant action are two deliveries'),
  ('{"x-shopify-topic": "orders/paid", "x-shopify-shop-domain": "example.myshopify.com", "x-shopify-webhook-id": "w-1"}',
    'webhook:example.myshopify.com:w-1', 'without an event id the webhook id'),
  ('{"x-shopify-topic": "orders/paid", "x-shopify-shop-domain": "example.myshopify.com", "x-shopify-event-id": "",
     "x-shopify-webhook-id": "w-1"}',
    'webhook:example.myshopify.com:w-1', 'an empty event id is none'),
  ('{"x-shopify-topic": "orders/paid"}', null, 'without both no key: the body''s hash takes its place')
) as c (headers, expected, name);

select matches(
  (select i.delivery_key from core.identify_shopify(
    '{"x-shopify-topic": "orders/paid", "x-shopify-event-id": "someone@example.com"}', '{}') as i),
  '^sha256:[0-9a-f]{64}$', 'a mail address as an event id is not kept'
);
select matches(
  (select i.topic from core.identify_shopify('{"x-shopify-topic": "someone@example.com"}', '{}') as i),
  '^sha256:[0-9a-f]{64}$', 'a mail address as a topic is not kept'
);

select * from finish();
rollback;

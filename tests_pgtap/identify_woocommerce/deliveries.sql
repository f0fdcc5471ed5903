-- What a WooCommerce delivery is comes from its headers; its id is good for one second only.
begin;
select plan(30);

select is(
  (select coalesce(i.topic, '-') || ' ' || coalesce(i.ignore_reason, 'booked')
     from core.identify_woocommerce(c.headers::jsonb, c.body::jsonb) as i),
  c.expected,
  c.name
)
from (values
  ('{"x-wc-webhook-topic": "order.created"}', '{"id": 1}', 'order.created booked', 'order.created is booked'),
  ('{"x-wc-webhook-topic": "order.updated"}', '{"id": 1}', 'order.updated booked', 'order.updated is booked'),
  ('{"x-wc-webhook-topic": "order.restored"}', '{"id": 1}', 'order.restored booked', 'order.restored is booked'),
  ('{"x-wc-webhook-topic": "Order.Updated"}', '{"id": 1}', 'order.updated booked', 'the case of the topic does not matter'),
  ('{"x-wc-webhook-topic": "order.deleted"}', '{"id": 1}', 'order.deleted topic', 'order.deleted is ignored'),
  ('{"x-wc-webhook-topic": "order.completed"}', '{"id": 1}', 'order.completed booked',
    'an event that a plugin adds tells the whole order too'),
  ('{"x-wc-webhook-topic": "order"}', '{"id": 1}', 'order topic', 'a resource alone is no event'),
  ('{"x-wc-webhook-topic": "product.updated"}', '{"id": 1}', 'product.updated topic', 'a product is ignored'),
  ('{"x-wc-webhook-topic": "customer.created"}', '{"id": 1}', 'customer.created topic', 'a customer is ignored'),
  ('{"x-wc-webhook-topic": "action.woocommerce_add_to_cart"}', '{"action": "a", "arg": 1}',
    'action.woocommerce_add_to_cart topic', 'a custom action is ignored'),
  ('{"x-wc-webhook-topic": "order.updated"}', null, 'order.updated booked', 'the headers tell the topic of an unreadable body'),
  ('{}', '{"id": 1}', '- booked', 'without the header there is no topic')
) as c (headers, body, expected, name);

select is((select i.delivery_key from core.identify_woocommerce(c.headers::jsonb, '{}') as i), c.expected, c.name)
from (values
  ('{"x-wc-webhook-source": "https://Shop.example/", "x-wc-webhook-id": "9", "x-wc-webhook-delivery-id": "abc"}',
    'delivery:shop.example:9:abc', 'source, webhook and delivery id are the key'),
  ('{"x-wc-webhook-source": "https://shop.example/", "x-wc-webhook-id": "10", "x-wc-webhook-delivery-id": "abc"}',
    'delivery:shop.example:10:abc', 'another webhook is another delivery'),
  ('{"x-wc-webhook-id": "9", "x-wc-webhook-delivery-id": "abc"}', 'delivery:9:abc', 'the source may be missing'),
  ('{"x-wc-webhook-source": "https://shop.example/", "x-wc-webhook-id": "9"}', null,
    'without a delivery id the body''s hash takes its place'),
  ('{"x-wc-webhook-source": "https://shop.example/", "x-wc-webhook-delivery-id": ""}', null, 'an empty one is none')
) as c (headers, expected, name);
select ok((select i.key_includes_body from core.identify_woocommerce(tap.woocommerce_headers('order.updated'), '{}') as i),
  'the body belongs to the key');
select is((select i.proof_key from core.identify_woocommerce(tap.woocommerce_headers('order.updated'), '{}') as i), null,
  'the signature covers the body: there is nothing else to bind');
select matches(
  (select i.delivery_key from core.identify_woocommerce('{"x-wc-webhook-delivery-id": "someone@example.com"}', '{}') as i),
  '^sha256:[0-9a-f]{64}$', 'a mail address as a delivery id is not kept'
);

select is(core.woocommerce_source(jsonb_build_object('x-wc-webhook-source', c.source)), c.expected, c.name)
from (values
  ('https://shop.example/', 'shop.example', 'a shop is its host'),
  ('http://shop.example', 'shop.example', 'whatever the scheme'),
  ('HTTPS://Shop.EXAMPLE:8443/', 'shop.example:8443', 'in lower case, with its port'),
  ('https://example.com/Wordpress/', 'example.com/Wordpress', 'and its path as it is written'),
  ('https://example.com/?lang=de', 'example.com', 'without the language that a plugin adds'),
  ('', null, 'an empty header is none'),
  ('/', null, 'a lone slash is none'),
  (null, null, 'null is none')
) as c (source, expected, name);
select matches(core.woocommerce_source('{"x-wc-webhook-source": "https://someone@example.com/"}'), '^sha256:[0-9a-f]{64}$',
  'what could be a mail address is kept as its hash');
select is(core.woocommerce_source('{"x-wc-webhook-source": {"a": 1}}'), null, 'a source that is no text is none');

select * from finish();
rollback;

-- Header names are case-insensitive (RFC 9110).
begin;
select plan(7);

select is(core.lower_keys(c.headers::jsonb), c.expected::jsonb, c.name)
from (values
  ('{"X-Shopify-Topic": "Orders/Paid"}', '{"x-shopify-topic": "Orders/Paid"}', 'names are lowered, values stay'),
  ('{"a": {"B": 1}}', '{"a": {"B": 1}}', 'only the top level is'),
  ('{}', '{}', 'no headers are none'),
  ('null', '{}', 'JSON null is none'),
  ('[]', '{}', 'a list is none'),
  ('"x"', '{}', 'a text is none'),
  (null, '{}', 'nothing is none')
) as c (headers, expected, name);

select * from finish();
rollback;

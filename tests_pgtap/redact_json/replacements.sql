-- A redacted document keeps its structure; only what is personal data is replaced, by a marker or a pseudonym.
begin;
select plan(18);

select is(core.redact_json(c.value::jsonb), c.expected::jsonb, c.name)
from (values
  ('{"id": 1, "total": "10.00"}', '{"id": 1, "total": "10.00"}', 'a document without personal data is equal to itself'),
  ('null', 'null', 'JSON null stays'),
  ('{"first_name": "Invented", "id": 1}', '{"first_name": "[redacted]", "id": 1}', 'a value found by its key'),
  ('{"phone": 5550143}', '{"phone": "[redacted]"}', 'a number found by its key'),
  ('{"x": "ask someone@example.com or 212-555-0143"}', '{"x": "ask [email] or [phone]"}', 'parts of a text'),
  ('{"x": 4111111111111111}', '{"x": "[card]"}', 'a number found by its shape'),
  ('{"x": [1, {"y": "someone@example.com"}, 3]}', '{"x": [1, {"y": "[email]"}, 3]}', 'the order of an array stays'),
  ('{"someone@example.com": {"a": 1}}', '{"[email]": {"a": 1}}', 'a key'),
  ('{"email": "a@example.com", "phone": null, "zip": ""}', '{"email": "[redacted]", "phone": null, "zip": ""}',
    'null and empty texts stay'),
  ('{"email": "[email]", "phone": "[redacted]"}', '{"email": "[email]", "phone": "[redacted]"}', 'markers stay'),
  ('{"order_id": 4111111111111111, "x": "4111111111111111"}', '{"order_id": 4111111111111111, "x": "[card]"}',
    'an id beside a card number'),
  ('{"x": 1.10, "n": 820982911946154508, "email": "a@example.com"}',
    '{"x": 1.10, "n": 820982911946154508, "email": "[redacted]"}', 'numbers beside it keep every digit'),
  ('{"a@example.com": 1, "b@example.com": 2}', '{"[email]": 2}', 'two keys that become one: the last stays'),
  ('[]', '[]', 'an empty array stays'),
  ('{"x": {}, "email": "a@example.com", "y": []}', '{"x": {}, "email": "[redacted]", "y": []}', 'empty ones stay inside')
) as c (value, expected, name);

select is(
  core.redact_json('{"email": "Someone@Example.com", "x": "call +1 (212) 555-0143"}', k.pads),
  '{"email": "~2441eb1ac6cb129304e843d07c39a68a", "x": "call [~61096b7b8a518d6c7f16adf024388bd2]"}'::jsonb,
  'with a key pseudonyms take the place of markers'
)
from (select array[core.hmac_pad('key of a test', 54), core.hmac_pad('key of a test', 92)]) as k (pads);

select is(
  core.redact_json(core.redact_json(d.document, k.pads), k.pads),
  core.redact_json(d.document, k.pads),
  'redacting a redacted document changes nothing'
)
from (select array[core.hmac_pad('key of a test', 54), core.hmac_pad('key of a test', 92)]) as k (pads),
  (values ('{"email": "a@example.com", "n": ["+12125550143"], "first_name": "Invented"}'::jsonb)) as d (document);

select is(core.redact_json(null), null, 'nothing is nothing');

select * from finish();
rollback;

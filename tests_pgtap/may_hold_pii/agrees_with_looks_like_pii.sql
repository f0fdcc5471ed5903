-- With the document beside its text the scan answers as it does without, but for what is walked in vain: no name
-- in the lists of usual ones is personal, and what stands in a member of another name, however deep, is seen.
begin;
select plan(26);

create temp table usual as
select p.provider, k.key
from unnest(array['paypal', 'shopify', 'standard', 'stripe', 'toss', 'woocommerce']) as p (provider)
cross join lateral unnest(core.usual_keys(p.provider)) as k (key);

select ok(count(distinct provider) = 6, 'each provider has usual names') from usual;
select is(
  (select string_agg(format('%s %s', u.provider, u.key), ', ')
     from usual as u
    cross join unnest(array['1', '"x"', '{"x": 1}', '["x"]']) as v (value)
    where core.looks_like_pii(format('{%s: %s}', to_json(u.key), v.value))),
  null, 'none of them is one that the scan for keys looks for');
select is(
  (select string_agg(format('%s %s', u.provider, u.key), ', ')
     from usual as u where ('"' || u.key || '"') ~* core.pii_key_pattern()),
  null, 'nor one that the exact pattern knows');
select is(core.usual_keys('another'), array[]::text[], 'of another provider no name is usual');

select is(core.may_hold_pii(c.provider, c.document::jsonb, c.document::jsonb::text), c.expected, c.name)
from (values
  ('stripe', '{"id": "x", "data": {"object": {"id": "y", "amount": 5}}}', false, 'usual names are clean'),
  ('stripe', '{"id": "x", "colour": "red"}', false, 'so is an unusual one that is not personal'),
  ('stripe', '{"id": "x", "email": "red"}', true, 'a personal name is seen'),
  ('stripe', '{"id": "x", "email": null}', false, 'a null is nothing personal'),
  ('stripe', '{"id": "x", "data": {"object": {"id": {"email": "x"}}}}', true, 'so it is within a usual one'),
  ('stripe', '{"id": [[{"status": {"lastName": "x"}}]]}', true, 'so it is within lists'),
  ('stripe', '{"id": [1, "phone", {"phone": 5}]}', true, 'so it is behind other items'),
  ('stripe', '{"id": {"buyer": {"id": 1}}}', true, 'an object about a person is seen'),
  ('stripe', '{"colour": {"id": {"clientIp": 1}}}', true, 'a personal name within an unusual one is seen'),
  ('stripe', '{"id": "someone@example.com"}', true, 'a value shaped like personal data is seen'),
  ('stripe', '{"id": "\"x\": 1"}', true, 'a document within a text is seen'),
  ('another', '{"id": {"email": 1}}', true, 'another provider''s documents are scanned'),
  ('another', '{"id": 1, "x": {"colour": [1, {"a": 1}]}}', false, 'and found clean'),
  ('stripe', '{"id": 1, "phone_number_collection": {"enabled": true}}', false, 'what would be walked in vain is not'),
  ('stripe', '{"id": 1, "phone_number_collection": {"phone": 5}}', true, 'but for what it holds'),
  ('stripe', '{"id": 1, "phone_number_collection": 1, "phone_number": 1}', true, 'or what stands beside it'),
  ('stripe', '{"customer": {"phone_number_collection": 1}}', true, 'or is an object about a person'),
  ('stripe', '{"shipping": [{"billing_address_collection": "x"}]}', true, 'or several of them'),
  ('stripe', '[]', false, 'an empty list is clean'),
  ('stripe', '"email"', false, 'a text is clean')
) as c (provider, document, expected, name);

select is(core.redact_json(d.document), d.document, 'the walk would have left it as it was')
from (select '{"id": 1, "phone_number_collection": {"enabled": true},
  "billing_address_collection": "auto", "shipping_address_collection": {"allowed_countries": ["DE"]}}'::jsonb) as d (document);

select is(
  core.may_hold_pii('stripe', d.document, d.document::text), true, 'a long document is scanned as a whole')
from (select jsonb_build_object('id', repeat('x', 70000), 'type', '{"fax": 1}'::jsonb) as document) as d;

select * from finish();
rollback;

-- The settings of a Stripe session's page are exempt by their name only, not whatever they hold.
begin;
select plan(4);

select is(
  core.may_hold_pii('stripe', d, d::text), c.expected, c.name)
from (values
  (false, '{"billing_address_collection": "required", "phone_number_collection": {"enabled": true}}', 'settings are no personal data'),
  (true, '{"billing_address_collection": " 4111111111111111"}', 'a card number is, whatever stands before it'),
  (true, '{"phone_number_collection": "call 212-555-0143"}', 'so is a telephone number'),
  (true, '{"customer_details": {"phone_number_collection": "Jane"}}', 'and within an object about a person anything')
) as c (expected, document, name), lateral (select c.document::jsonb as d) as j;

select * from finish();
rollback;

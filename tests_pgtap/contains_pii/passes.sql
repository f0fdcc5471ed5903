-- Ids, times, amounts and hashes must pass untouched, whatever they look like.
begin;
select plan(55);

select ok(not core.contains_pii(c.value::jsonb), c.name)
from (values
  ('null', 'JSON null'),
  ('{}', 'an empty object'),
  ('{"id": 4111111111111111}', 'an order id that passes Luhn, as a number'),
  ('{"order_id": "4111111111111111"}', 'an order id that passes Luhn, as text'),
  ('{"orderId": 4111111111111111}', 'an order id in camel case'),
  ('{"order-id": "4111111111111111"}', 'an order id in kebab case'),
  ('{"line_item_ids": [4111111111111111, 5500005555555559]}', 'an array of ids that pass Luhn'),
  ('{"admin_graphql_api_id": "gid://shopify/Order/4111111111111111"}', 'a gid with such an id'),
  ('{"parent": "gid://shopify/Order/4111111111111111"}', 'a gid under another key'),
  ('{"id": 820982911946154508}', 'an id of 18 digits'),
  ('{"x": 4111111111111112}', 'sixteen digits that fail Luhn'),
  ('{"x": "41111111111111111111"}', 'twenty digits'),
  ('{"id": 9001011234568}', 'an id that passes as a Korean resident number'),
  ('{"phone_number_collection": {"enabled": true}}', 'phone_number_collection'),
  ('{"email_marketing_consent": null, "buyer_accepts_marketing": true}', 'marketing consent flags'),
  ('{"created": 1772600767}', 'Unix seconds'),
  ('{"created_ms": 1772600767123}', 'Unix milliseconds'),
  ('{"created_us": 1772600767123456}', 'Unix microseconds'),
  ('{"at": "1772600767123"}', 'Unix milliseconds as text'),
  ('{"at": "20260304050608"}', 'a compact time that passes Luhn: no card of 14 digits begins with 2'),
  ('{"at": 20260304050607000}', 'a compact time with milliseconds that passes Luhn'),
  ('{"x": "receipt 20260304-050608"}', 'a compact time with a dash'),
  ('{"x": "years 2023-2024-2025-2026"}', 'years that pass Luhn: no card of 16 digits begins with 2023'),
  ('{"at": "2026-03-04T05:06:07Z"}', 'a time in UTC'),
  ('{"at": "2026-03-04T05:06:07+09:00"}', 'a time with an offset'),
  ('{"at": "2026-03-04T05:06:07.123456789-05:00"}', 'a time with nanoseconds and an offset'),
  ('{"at": "2026-03-04 05:06:07 +0900"}', 'a time with an offset behind a blank'),
  ('{"at": "2026-03-04 05:06:07.123456 UTC"}', 'a time with a zone'),
  ('{"on": "2026-03-04", "to": "20260304"}', 'dates'),
  ('{"sha": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}', 'a SHA-256'),
  ('{"md5": "41111111111111115500005555555559"}', 'a hash of digits only'),
  ('{"uuid": "41111111-1111-4111-8111-111111111111"}', 'a UUID of ones'),
  ('{"x": "21255501-4300-4000-8000-000000000000"}', 'a UUID whose first three groups are sixteen digits that pass Luhn'),
  ('{"total": "1234567.89", "n": 1234567890.12}', 'amounts'),
  ('{"amount": 4111111111}', 'an amount of ten digits'),
  ('{"sku": "ABC-212-555-0143"}', 'a SKU with groups of digits'),
  ('{"sku": "IPOD-342-N", "barcode": "1_678_pink"}', 'other SKUs'),
  ('{"sku": "TSHIRT-4111-1111-1111-1111"}', 'a SKU with four groups of four digits'),
  ('{"v": "2025-06-30.basil", "ip_count": 3}', 'a version, and a key that only begins with ip'),
  ('{"url": "https://cdn.example.com/img/logo@2x.png"}', 'a picture for double density'),
  ('{"email": null, "phone": null, "address": null, "zip": null}', 'null under keys named like personal data'),
  ('{"email": true, "phone": false}', 'truth values under such keys'),
  ('{"email": "", "phone": " "}', 'empty texts under such keys'),
  ('{"addresses": [], "address": {}, "phone": []}', 'empty objects and arrays under such keys'),
  ('{"email": "[redacted]", "phone": "[phone]", "x": "[email] and [card]"}', 'what is redacted already'),
  ('{"email": "~2441eb1ac6cb129304e843d07c39a68a"}', 'a pseudonym'),
  ('{"name": "#1001", "title": "IPod Nano - 8GB", "zipper": "YKK"}', 'names of things'),
  ('{"shipping": "0.00", "description": "tip 10"}', 'keys that contain ip'),
  ('{"company": "pan", "expand": "x", "span": "y"}', 'keys that contain pan'),
  ('{"requirements": {"phone_required": "x"}, "email_type": "html"}', 'keys that only begin like personal data'),
  ('{"tracking": "1Z999AA10123456784"}', 'a tracking number'),
  ('{"x": "IT60X", "y": "DE12ABCD"}', 'short codes that begin like an IBAN'),
  ('{"checkout": "cs_test_a11YYufWQzNY63zpQ6QSNRQhkUpVph4WRmzW0zWJO2znZKdVujZ0N0S22u"}', 'a session id'),
  ('{"idempotency_key": "2d6c6f5e-0a3e-4f7e-9f0a-212555014312"}', 'a key with a telephone number inside')
) as c (value, name);

select ok(not coalesce(core.contains_pii(null), false), 'nothing holds nothing');

select * from finish();
rollback;

-- The word Zebulon stands wherever a shop, its plugins and its buyers leave personal data, secrets or free text.
begin;
select plan(39);

create temp table redacted as
select r.payload, r.redacted_count
from core.redact_woocommerce('{
  "id": 820982911946154508, "parent_id": 0, "number": "Zebulon", "status": "processing", "currency": "EUR", "total": "10.00",
  "order_key": "wc_order_Zebulon", "created_via": "Zebulon", "version": "Zebulon", "prices_include_tax": true,
  "date_created": "2026-03-01T11:00:00", "date_created_gmt": "2026-03-01T10:00:00", "date_paid_gmt": "2026-03-01T10:00:05",
  "date_completed_gmt": null, "discount_total": "1.00", "total_tax": "1.60",
  "customer_id": 26, "customer_ip_address": "203.0.113.9", "customer_user_agent": "Zebulon", "customer_note": "Zebulon",
  "billing": {"first_name": "Zebulon", "email": "Zebulon@example.com", "phone": "+1 212 555 0143", "address_1": "Zebulon"},
  "shipping": {"first_name": "Zebulon", "postcode": "Zebulon"}, "payment_method": "stripe", "payment_method_title": "Zebulon",
  "transaction_id": "Zebulon", "cart_hash": "Zebulon", "payment_url": "https://shop.example/?key=Zebulon",
  "gift_cards": [{"code": "Zebulon"}], "a_plugin": {"anything": ["Zebulon"]}, "currency_symbol": "€",
  "meta_data": [{"id": 1, "key": "_shipping_phone", "value": "Zebulon"}, {"id": 2, "key": "Zebulon", "value": {"a": "Zebulon"}},
    {"id": 3, "key": "_wc_order_attribution_user_agent", "value": "Zebulon"},
    {"id": 4, "key": "_wc_order_attribution_utm_source", "value": "google"},
    {"id": 5, "key": "_wc_order_attribution_session_entry", "value": "https://shop.example/a?email=Zebulon@example.com"},
    {"id": 6, "key": "_wc_order_attribution_referrer", "value": "https://Zebulon:x@search.example/?q=Zebulon#Zebulon"},
    {"id": 7, "key": "session_id", "value": "Zebulon"}],
  "line_items": [{"id": 315, "name": "Zebulon", "product_id": 93, "quantity": 2, "total": "6.00", "total_tax": "0.45", "price": 3,
    "sku": "4006381333931", "meta_data": [{"key": "Zebulon", "value": "Zebulon"}], "image": {"src": "Zebulon"}}],
  "tax_lines": [{"label": "Zebulon"}], "shipping_lines": [{"method_title": "Zebulon"}], "fee_lines": [{"name": "Zebulon"}],
  "coupon_lines": [{"code": "Zebulon", "meta_data": [{"value": {"email_restrictions": ["Zebulon@example.com"]}}]}],
  "refunds": [{"id": 726, "refund": "Zebulon", "reason": "Zebulon", "total": "-1.00"}],
  "_links": {"customer": [{"href": "https://shop.example/wp-json/wc/v3/customers/Zebulon"}]}
}', array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)]) as r;

select unalike(payload::text, '%Zebulon%', 'nothing personal stays') from redacted;
select ok(not core.contains_pii(payload), 'what stays passes the guards') from redacted;
-- of 38 members one is null, 11 are kept as they are and two are reduced
select is(redacted_count, 24, 'every other member is counted as dropped') from redacted;

select is(payload #> c.path::text[], c.expected::jsonb, c.name)
from redacted, (values
  ('{id}', '820982911946154508', 'the id stays with every digit'),
  ('{status}', '"processing"', 'the status stays'),
  ('{total}', '"10.00"', 'the total stays'),
  ('{total_tax}', '"1.60"', 'the tax stays'),
  ('{currency}', '"EUR"', 'the currency stays'),
  ('{payment_method}', '"stripe"', 'the slug of the payment method stays'),
  ('{date_paid_gmt}', '"2026-03-01T10:00:05"', 'the time of payment stays'),
  ('{date_completed_gmt}', null, 'what is null goes'),
  ('{billing}', null, 'the billing address goes'),
  ('{a_plugin}', null, 'what a plugin added goes'),
  ('{number}', null, 'the printed number goes: a plugin may put anything there'),
  ('{refunds}', '[{"id": 726, "total": "-1.00"}]', 'of a refund id and total stay'),
  ('{line_items}', '[{"id": 315, "product_id": 93, "quantity": 2, "total": "6.00", "total_tax": "0.45"}]',
    'of an item ids, quantity and totals stay, and no barcode'),
  ('{meta_data,utm_source}', '"google"', 'the source stays'),
  ('{meta_data,landing_page}', '"https://shop.example/a"', 'the first page stays without its query'),
  ('{meta_data,referrer}', '"https://search.example/"', 'the referrer stays without user, query and fragment'),
  ('{meta_data,user_agent}', null, 'the browser goes')
) as c (path, expected, name);
select matches(payload ->> 'customer_id', '^~[0-9a-f]{32}$', 'the customer becomes a pseudonym') from redacted;
select matches(payload #>> '{meta_data,session_id}', '^~[0-9a-f]{32}$', 'the session becomes a pseudonym') from redacted;

select is(
  (select r.payload from core.redact_woocommerce((select payload from redacted),
    array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)]) as r),
  (select payload from redacted), 'redacting what is redacted changes nothing'
);

select is((select r.payload -> 'customer_id' from core.redact_woocommerce(c.payload::jsonb, null) as r), null, c.name)
from (values
  ('{"id": 1, "customer_id": 0}', 'customer 0 is a guest'),
  ('{"id": 1, "customer_id": "0"}', 'also written as a text'),
  ('{"id": 1, "customer_id": null}', 'null is nobody'),
  ('{"id": 1, "customer_id": ""}', 'an empty text is nobody'),
  ('{"id": 1, "customer_id": {"id": 5}}', 'an object is nobody'),
  ('{"id": 1}', 'nor is anybody where there is none')
) as c (payload, name);

select throws_ok(format('select core.redact_woocommerce(%L, null)', c.payload), c.sqlstate, null, c.name)
from (values
  ('{"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}', 'HL111',
    'the error that WooCommerce sends for an order that is gone has no id'),
  ('{"order": {"id": 1, "billing": {"email": "Zebulon@example.com"}}}', 'HL111', 'a wrapped order of the legacy API has none'),
  ('{"id": null}', 'HL111', 'null is no id'),
  ('{"id": 1, "refunds": {"0": {"id": 2, "total": "-1.00"}}}', 'HL112', 'refunds that are no list are refused, never overlooked'),
  ('{"id": 1, "refunds": [[]]}', 'HL112', 'so is a list of anything but objects'),
  ('{"id": 1, "refunds": "none"}', 'HL112', 'and a text')
) as c (payload, sqlstate, name);

select lives_ok(format('select core.redact_woocommerce(%L, null)', c.payload), c.name)
from (values
  ('{"id": 1, "refunds": null, "meta_data": null, "line_items": null}', 'lists may be null'),
  ('{"id": 1, "refunds": [], "meta_data": [], "line_items": []}', 'or empty'),
  ('{"id": 1, "meta_data": "x", "line_items": {"1": 2}}', 'meta data and items of another shape are left out'),
  ('{"id": [], "status": {}, "total": [], "customer_id": []}', 'members of another shape are for the normaliser to refuse')
) as c (payload, name);

select * from finish();
rollback;

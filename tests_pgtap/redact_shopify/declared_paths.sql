-- The word Zebulon stands at every path that Shopify fills with personal data, secrets or free text. None of it stays.
begin;
select plan(20);

create temp table payloads (topic text, payload jsonb);
insert into payloads values
('order', '{
  "id": 820982911946154508, "total_price": "10.00", "currency": "EUR", "total_tax": "1.00",
  "email": "Zebulon@example.com", "contact_email": "Zebulon@example.com", "phone": "+12125550143 Zebulon", "name": "Zebulon",
  "company": "Zebulon", "note": "Zebulon", "tags": "Zebulon", "token": "Zebulon", "cart_token": "Zebulon",
  "checkout_token": "Zebulon", "checkout_id": "Zebulon", "order_status_url": "https://example.com/Zebulon",
  "browser_ip": "Zebulon", "user_id": "Zebulon", "device_id": "Zebulon", "cancel_reason": "Zebulon",
  "source_url": "https://example.com/Zebulon", "landing_site_ref": "Zebulon", "authorization": "Zebulon", "message": "Zebulon",
  "landing_site": "/a?email=Zebulon@example.com&q=Zebulon", "referring_site": "https://Zebulon:pw@example.com/?q=Zebulon#Zebulon",
  "client_details": {"browser_ip": "Zebulon", "user_agent": "Zebulon", "session_hash": "Zebulon", "accept_language": "Zebulon"},
  "customer": {"id": 115310627314723954, "email": "Zebulon", "first_name": "Zebulon", "note": "Zebulon", "tags": "Zebulon",
    "default_address": {"address1": "Zebulon", "zip": "Zebulon"}},
  "billing_address": {"first_name": "Zebulon", "address1": "Zebulon", "city": "Zebulon", "latitude": "Zebulon"},
  "shipping_address": {"name": "Zebulon", "phone": "Zebulon", "province": "Zebulon", "longitude": "Zebulon"},
  "payment_details": {"credit_card_bin": "Zebulon", "credit_card_number": "Zebulon", "credit_card_name": "Zebulon"},
  "note_attributes": [{"name": "gift_message", "value": "Zebulon"}, {"name": "Zebulon", "value": "1"},
    {"name": "session_id", "value": "Zebulon"}],
  "discount_applications": [{"description": "Zebulon", "title": "Zebulon"}],
  "line_items": [{"id": 1, "price": "10.00", "name": "Zebulon", "properties": [{"name": "Zebulon", "value": "Zebulon"}],
    "origin_location": {"name": "Zebulon", "address1": "Zebulon"}}],
  "shipping_lines": [{"id": 2, "price": "0.00", "phone": "Zebulon", "requested_fulfillment_service_id": "Zebulon"}],
  "fulfillments": [{"name": "Zebulon", "receipt": {"authorization": "Zebulon"}, "destination": {"address1": "Zebulon"},
    "line_items": [{"properties": [{"value": "Zebulon"}]}]}],
  "refunds": [{"note": "Zebulon"}], "receipt": {"billing_details": {"name": "Zebulon"}, "metadata": {"x": "Zebulon"}}
}'),
('refund', '{
  "id": 890088186047892319, "order_id": 820982911946154508, "note": "Zebulon", "user_id": "Zebulon",
  "refund_line_items": [{"id": 1, "subtotal": 10.5, "line_item": {"name": "Zebulon",
    "properties": [{"name": "Zebulon", "value": "Zebulon"}], "origin_location": {"address1": "Zebulon"}}}],
  "order_adjustments": [{"id": 2, "amount": "-1.00", "reason": "Zebulon"}],
  "transactions": [{"id": 3, "kind": "refund", "status": "success", "amount": "10.00", "currency": "EUR",
    "authorization": "Zebulon", "message": "Zebulon", "user_id": "Zebulon", "device_id": "Zebulon",
    "payment_details": {"credit_card_bin": "Zebulon", "credit_card_number": "Zebulon", "credit_card_name": "Zebulon"},
    "receipt": {"charge": {"metadata": {"email": "Zebulon"}}, "owner": {"name": "Zebulon"}}}]
}');

create temp table redacted as
select p.topic, r.payload, r.redacted_count
from payloads as p,
  core.redact_shopify(p.payload, array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)]) as r;

select unalike(payload::text, '%Zebulon%', format('nothing of the %s that is personal stays', topic)) from redacted;
select ok(redacted_count > 0, format('what was dropped of the %s is counted', topic)) from redacted;
select ok(not core.contains_pii(payload), format('what stays of the %s passes the guards', topic)) from redacted;

select is(payload #> c.path::text[], c.expected::jsonb, c.name)
from redacted, (values
  ('{id}', '820982911946154508', 'the id stays with every digit'),
  ('{total_price}', '"10.00"', 'the total stays'),
  ('{total_tax}', '"1.00"', 'the tax stays'),
  ('{currency}', '"EUR"', 'the currency stays'),
  ('{line_items,0,price}', '"10.00"', 'the price of an item stays'),
  ('{landing_site}', '"/a"', 'the landing page stays without its query'),
  ('{referring_site}', '"https://example.com/"', 'the referrer stays without user, query and fragment'),
  ('{customer,email}', null, 'the customer''s mail address goes')
) as c (path, expected, name)
where topic = 'order';

select matches(payload #>> '{customer,id}', '^~[0-9a-f]{32}$', 'the customer''s id becomes a pseudonym')
from redacted where topic = 'order';
select matches(payload ->> 'cart_token', '^~[0-9a-f]{32}$', 'the cart token becomes a pseudonym')
from redacted where topic = 'order';
select is(payload #>> '{transactions,0,amount}', '10.00', 'the amount of a transaction stays')
from redacted where topic = 'refund';
select is(payload #> '{refund_line_items,0,subtotal}', '10.5', 'the subtotal of an item stays the number it was')
from redacted where topic = 'refund';

select is(
  (select r.redacted_count from core.redact_shopify('{"id": 1, "email": null, "phone": null, "customer": null}', null) as r),
  0, 'what is null was not dropped'
);
select throws_ok(
  $$select core.redact_shopify('{"order": {"id": 1, "email": "Zebulon@example.com"}}', null)$$, 'HL111', null,
  'a document that is no order is refused: its paths are not known'
);

select * from finish();
rollback;

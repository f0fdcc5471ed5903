-- The word Zebulon stands wherever PayPal or a merchant may put personal data or free text. None of it stays.
begin;
select plan(48);

create function pg_temp.redact(p_body jsonb) returns core.redaction language sql as $$
  select core.redact_paypal(p_body, array[core.hmac_pad('key of a test', 54), core.hmac_pad('key of a test', 92)])
$$;
create function pg_temp.around(p_resource jsonb, p_type text default 'PAYMENT.CAPTURE.COMPLETED') returns jsonb language sql as $$
  select jsonb_build_object('id', 'WH-1', 'event_type', p_type, 'create_time', '2026-03-02T14:14:10.482Z', 'resource', p_resource)
$$;

create temp table redacted as
select c.name, c.body::jsonb as body, r.payload, r.redacted_count, r.parts
from (values ('capture', '{
  "id": "WH-58D329510W468432D-8HN650336L201105X", "event_version": "1.0", "create_time": "2026-03-02T14:14:10.482Z", "resource_type": "capture",
  "resource_version": "2.0", "event_type": "PAYMENT.CAPTURE.COMPLETED", "summary": "Zebulon", "Zebulon": "Zebulon", "status": "Zebulon",
  "transmissions": [{"webhook_url": "https://shop.example.com/Zebulon", "response_headers": {"Server": "Zebulon"}, "transmission_id": "Zebulon"}],
  "resource": {
    "id": "27M47624FP291604U", "status": "COMPLETED", "create_time": "2026-03-02T14:14:06Z", "update_time": "2026-03-02T14:14:07Z",
    "amount": {"value": "114.99", "currency_code": "USD", "Zebulon": "Zebulon"}, "final_capture": true,
    "payee": {"email_address": "Zebulon", "merchant_id": "Zebulon"}, "custom_id": "Zebulon", "invoice_id": "Zebulon", "soft_descriptor": "Zebulon",
    "payment_source": {"paypal": {"email_address": "Zebulon", "account_id": "QYR5Z8XDVJNXQ", "phone_number": {"national_number": "Zebulon"}}},
    "supplementary_data": {"related_ids": {"order_id": "5O190127TN364715T", "authorization_id": "7W5147081L658180V", "Zebulon": "Zebulon"},
      "card": {"level_2": "Zebulon"}},
    "processor_response": {"avs_code": "Zebulon"}, "network_transaction_reference": {"id": "Zebulon"},
    "seller_receivable_breakdown": {"gross_amount": {"value": "114.99"}, "receivable_amount": {"value": "Zebulon"}},
    "links": [
      {"rel": "self", "href": "https://api.paypal.com/v2/payments/captures/27M47624FP291604U", "method": "GET"},
      {"rel": "refund", "href": "https://api.paypal.com/v2/payments/captures/27M47624FP291604U/refund"},
      {"rel": "up", "href": "https://api.paypal.com/v2/payments/authorizations/7W5147081L658180V"},
      {"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/27M47624FP291604U?name=Zebulon"},
      {"rel": "approval_url", "href": "https://www.paypal.com/cgi-bin/webscr?token=Zebulon"}, "Zebulon", {"rel": "up"}, 7],
    "newMemberOf2027": "Zebulon"
  },
  "links": [{"rel": "self", "href": "https://api.paypal.com/v1/notifications/webhooks-events/Zebulon"}]
}'), ('order', '{
  "id": "WH-COC11055RA711503B-4YM959094A144403T", "event_type": "CHECKOUT.ORDER.COMPLETED", "create_time": "2026-03-02T14:14:11.017Z", "zts": 1494957670,
  "resource": {
    "id": "5O190127TN364715T", "status": "COMPLETED", "intent": "CAPTURE", "gross_amount": {"currency_code": "USD", "value": "114.99"},
    "payer": {"name": {"given_name": "Zebulon", "surname": "Zebulon"}, "email_address": "Zebulon", "payer_id": "QYR5Z8XDVJNXQ",
      "phone": {"phone_number": {"national_number": "Zebulon"}}, "address": {"address_line_1": "Zebulon"}, "birth_date": "Zebulon"},
    "purchase_units": [{
      "reference_id": "Zebulon", "description": "Zebulon", "custom_id": "Zebulon", "invoice_id": "Zebulon", "soft_descriptor": "Zebulon",
      "amount": {"currency_code": "USD", "value": "114.99"}, "payee": {"email_address": "Zebulon"}, "items": [{"name": "Zebulon"}],
      "shipping": {"name": {"full_name": "Zebulon"}, "address": {"address_line_1": "Zebulon", "postal_code": "Zebulon"}},
      "payments": {
        "authorizations": [{"id": "Zebulon"}],
        "captures": [{"id": "3C679366HH908993F", "status": "PARTIALLY_REFUNDED", "amount": {"value": "114.99", "currency_code": "USD"},
          "create_time": "2026-03-02T14:14:06Z", "custom_id": "Zebulon", "links": [{"rel": "self", "href": "/v2/payments/captures/3C679366HH908993F"}]}],
        "refunds": [{"id": "1Y107995YT783435V", "status": "COMPLETED", "amount": {"value": "38.48", "currency_code": "USD"}, "note_to_payer": "Zebulon",
          "create_time": "2026-03-04T12:30:18-08:00", "payer": {"email_address": "Zebulon"},
          "links": [{"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/3C679366HH908993F"}]}]}}],
    "create_time": "2026-03-02T14:12:40Z"
  }
}'), ('sale', '{
  "id": "WH-2N242548W9943490U-1JU23391CS4765624", "event_type": "PAYMENT.SALE.REFUNDED", "create_time": "2026-03-04T20:31:40Z", "resource_type": "sale",
  "resource": {
    "id": "6YX43824R4443062K", "sale_id": "9T0916710M1105906", "parent_payment": "PAY-5437236047802405NKRJ22UA", "state": "completed",
    "billing_agreement_id": "I-W0Y05RHBK9VG", "amount": {"total": "-9.00", "currency": "EUR", "details": {"subtotal": "-9.00"}},
    "total_refunded_amount": {"total": "9.00", "currency": "EUR"}, "custom": "Zebulon", "invoice_number": "Zebulon", "description": "Zebulon",
    "reason_code": "Zebulon", "refund_reason_code": "Zebulon", "create_time": "2026-03-04T20:31:18Z", "update_time": "2026-03-04T20:31:18Z",
    "links": [{"rel": "self", "href": "https://api.paypal.com/v1/payments/refund/6YX43824R4443062K"},
      {"rel": "sale", "href": "https://api.paypal.com/v1/payments/sale/9T0916710M1105906"},
      {"rel": "parent_payment", "href": "https://api.paypal.com/v1/payments/payment/PAY-5437236047802405NKRJ22UA"}]
  }
}')) as c (name, body), pg_temp.redact(c.body::jsonb) as r;

select unalike(r.payload::text, '%Zebulon%', 'nothing personal stays of a ' || r.name) from redacted as r;
select ok(not core.contains_pii(r.payload), 'what stays of a ' || r.name || ' passes the guards') from redacted as r;
select ok(not core.looks_like_pii(r.payload::text), 'and needs no closer look') from redacted as r;
select is((pg_temp.redact(r.payload)).payload, r.payload, 'redacting a ' || r.name || ' again changes nothing, so a dead letter can be replayed') from redacted as r;
select is(r.redacted_count, c.expected, 'what was filled and dropped of a ' || r.name || ' is counted')
  from redacted as r join (values ('capture', 7), ('order', 12), ('sale', 3)) as c (name, expected) using (name);
select is(r.parts, null, 'a ' || r.name || ' is no batch') from redacted as r;
select is(r.payload #- '{resource,payer_id}', c.expected::jsonb, 'exactly this stays of a ' || r.name)
  from redacted as r join (values
    ('capture', '{"id": "WH-58D329510W468432D-8HN650336L201105X", "event_version": "1.0", "create_time": "2026-03-02T14:14:10.482Z",
      "resource_type": "capture", "resource_version": "2.0", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": {
      "id": "27M47624FP291604U", "status": "COMPLETED", "create_time": "2026-03-02T14:14:06Z", "update_time": "2026-03-02T14:14:07Z",
      "amount": {"value": "114.99", "currency_code": "USD"},
      "supplementary_data": {"related_ids": {"order_id": "5O190127TN364715T", "authorization_id": "7W5147081L658180V"}},
      "links": [{"rel": "self", "href": "captures/27M47624FP291604U"}]}}'),
    ('order', '{"id": "WH-COC11055RA711503B-4YM959094A144403T", "create_time": "2026-03-02T14:14:11.017Z", "event_type": "CHECKOUT.ORDER.COMPLETED",
      "resource": {"id": "5O190127TN364715T", "status": "COMPLETED", "intent": "CAPTURE", "create_time": "2026-03-02T14:12:40Z",
      "purchase_units": [{"payments": {
        "captures": [{"id": "3C679366HH908993F", "status": "PARTIALLY_REFUNDED", "amount": {"value": "114.99", "currency_code": "USD"},
          "create_time": "2026-03-02T14:14:06Z", "links": [{"rel": "self", "href": "captures/3C679366HH908993F"}]}],
        "refunds": [{"id": "1Y107995YT783435V", "status": "COMPLETED", "amount": {"value": "38.48", "currency_code": "USD"},
          "create_time": "2026-03-04T12:30:18-08:00", "links": [{"rel": "up", "href": "captures/3C679366HH908993F"}]}]}}]}}'),
    ('sale', '{"id": "WH-2N242548W9943490U-1JU23391CS4765624", "event_type": "PAYMENT.SALE.REFUNDED", "create_time": "2026-03-04T20:31:40Z",
      "resource_type": "sale", "resource": {"id": "6YX43824R4443062K", "sale_id": "9T0916710M1105906", "state": "completed",
      "parent_payment": "PAY-5437236047802405NKRJ22UA", "billing_agreement_id": "I-W0Y05RHBK9VG", "amount": {"total": "-9.00", "currency": "EUR"},
      "total_refunded_amount": {"total": "9.00", "currency": "EUR"}, "create_time": "2026-03-04T20:31:18Z", "update_time": "2026-03-04T20:31:18Z",
      "links": [{"rel": "self", "href": "refund/6YX43824R4443062K"}, {"rel": "sale", "href": "sale/9T0916710M1105906"}]}}')
  ) as c (name, expected) using (name);

-- The payer
select matches(r.payload #>> '{resource,payer_id}', '^~[0-9a-f]{32}$', 'the payer of a ' || r.name || ' becomes a pseudonym')
  from redacted as r where r.name <> 'sale';
select is((select count(distinct r.payload #>> '{resource,payer_id}') from redacted as r), 1::bigint,
  'the same wherever PayPal names the account');
select is((select r.payload #> '{resource,payer_id}' from redacted as r where r.name = 'sale'), null, 'a sale names no payer');
select is(
  (pg_temp.redact(pg_temp.around('{"payer": {"payer_info": {"payer_id": "QYR5Z8XDVJNXQ"}}}'))).payload #>> '{resource,payer_id}',
  (select r.payload #>> '{resource,payer_id}' from redacted as r where r.name = 'order'), 'v1 has the payer elsewhere');

-- Members of another type
select is((pg_temp.redact(pg_temp.around(c.resource::jsonb))).payload -> 'resource', c.expected::jsonb, c.name)
from (values
  ('{"id": {"a": "Zebulon"}, "status": ["Zebulon"], "create_time": {"Zebulon": 1}, "amount": "Zebulon", "links": "Zebulon"}', '{}',
    'what has another type is dropped'),
  ('{"amount": {"value": {"Zebulon": 1}, "total": ["Zebulon"], "currency": true}, "links": {"rel": "up"}, "supplementary_data": "Zebulon"}', '{}',
    'so is it further in'),
  ('{"amount": [], "payer": ["Zebulon"], "payer_id": {"Zebulon": 1}, "supplementary_data": {"related_ids": ["Zebulon"]}}', '{}',
    'lists in the place of objects too'),
  ('{"id": 80021663, "amount": {"value": 7.50, "currency_code": "USD"}}', '{"id": "80021663", "amount": {"value": 7.50, "currency_code": "USD"}}',
    'numbers stay'),
  ('{"id": null, "amount": {"value": null}, "purchase_units": null, "links": null}', '{}', 'null is nothing'),
  ('{"id": "GB82WEST12345698765432", "capture_id": "GB82WEST12345698765432",
     "links": [{"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/GB82WEST12345698765432"}]}',
    replace('{"id": "#", "capture_id": "#", "links": [{"rel": "up", "href": "captures/#"}]}', '#',
      'sha256:' || encode(sha256('GB82WEST12345698765432'), 'hex')), 'an id that passes as an IBAN is its hash, wherever it stands'),
  ('{"purchase_units": []}', '{}', 'no unit is none'),
  ('{"purchase_units": [{}, {"payments": {"captures": []}}]}', '{"purchase_units": [{"payments": {}}, {"payments": {}}]}',
    'units without payments have none')
) as c (resource, expected, name);
select is((pg_temp.redact('{"id": {"Zebulon": 1}, "event_type": ["Zebulon"], "create_time": {"a": "Zebulon"}, "resource": {}}')).payload, '{"resource": {}}'::jsonb,
  'the same holds for the event');
select is((pg_temp.redact(pg_temp.around('{"payer": null, "custom_id": null}'))).redacted_count, 0, 'what is null was not dropped');

select throws_ok(format('select pg_temp.redact(%L)', c.body), c.sqlstate, null, c.name)
from (values
  ('{"event_type": "PAYMENT.CAPTURE.COMPLETED"}'::jsonb, 'HL111', 'an event without resource is refused'),
  (pg_temp.around('null'), 'HL111', 'so is null'), (pg_temp.around('"Zebulon"'), 'HL112', 'a text in its place'),
  (pg_temp.around('[{"id": "1"}]'), 'HL112', 'a list in its place'), (pg_temp.around('7'), 'HL112', 'a number in its place'),
  (pg_temp.around('{"purchase_units": {"payments": {}}}'), 'HL112', 'units that are no list'),
  (pg_temp.around('{"purchase_units": ["Zebulon"]}'), 'HL112', 'a unit that is no object'),
  (pg_temp.around('{"purchase_units": [{}, {"payments": []}]}'), 'HL112', 'payments that are no object'),
  (pg_temp.around('{"purchase_units": [{"payments": {"captures": {"id": "1"}}}]}'), 'HL112', 'captures that are no list'),
  (pg_temp.around('{"purchase_units": [{"payments": {"captures": ["1"]}}]}'), 'HL112', 'a capture that is no object'),
  (pg_temp.around('{"purchase_units": [{"payments": {"captures": [], "refunds": [{}, 7]}}]}'), 'HL112', 'a refund that is no object'),
  (pg_temp.around(jsonb_build_object('purchase_units', jsonb_build_array(jsonb_build_object('payments', jsonb_build_object('captures',
    (select jsonb_agg('{}'::jsonb) from generate_series(1, 501))))))), 'HL112', 'more payments than one webhook may cost')
) as c (body, sqlstate, name);

select * from finish();
rollback;

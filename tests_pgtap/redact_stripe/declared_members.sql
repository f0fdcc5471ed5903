-- The word Zebulon stands at every member that Stripe fills with personal data, secrets or free text. None of it stays.
begin;
select plan(23);

create temp table redacted as
select r.payload, r.redacted_count
from core.redact_stripe('{
  "id": "evt_1", "object": "event", "type": "charge.refunded", "created": 1772600767, "api_version": "2025-06-30.basil",
  "livemode": true, "pending_webhooks": 1, "request": {"id": "req_1", "idempotency_key": "Zebulon"},
  "data": {
    "previous_attributes": {"amount_refunded": 0, "receipt_email": "Zebulon@example.com", "billing_details": {"name": "Zebulon"},
      "receipt_url": "Zebulon", "metadata": {"note": "Zebulon"}},
    "object": {
      "id": "ch_1", "object": "charge", "amount": 1000, "amount_refunded": 250, "currency": "eur", "status": "succeeded",
      "receipt_email": "Zebulon@example.com", "receipt_url": "https://example.com/Zebulon", "receipt_number": "Zebulon",
      "billing_details": {"name": "Zebulon", "email": "Zebulon", "phone": "Zebulon", "address": {"line1": "Zebulon"}},
      "shipping": {"name": "Zebulon", "address": {"city": "Zebulon"}}, "shipping_details": {"name": "Zebulon"},
      "customer_details": {"email": "Zebulon"}, "customer_email": "Zebulon", "customer_name": "Zebulon",
      "customer_phone": "Zebulon", "customer_address": {"line1": "Zebulon"}, "customer_shipping": {"name": "Zebulon"},
      "customer_tax_ids": [{"value": "Zebulon"}], "collected_information": {"shipping_details": {"name": "Zebulon"}},
      "custom_fields": [{"text": {"value": "Zebulon"}}], "individual": {"name": "Zebulon"},
      "payment_method_details": {"card": {"last4": "Zebulon", "fingerprint": "Zebulon"}},
      "source": {"name": "Zebulon", "fingerprint": "Zebulon"}, "card": {"address_line1": "Zebulon", "name": "Zebulon"},
      "evidence": {"customer_name": "Zebulon", "customer_purchase_ip": "Zebulon"}, "description": "Zebulon",
      "statement_descriptor": "Zebulon", "last_payment_error": {"payment_method": {"billing_details": {"name": "Zebulon"}}},
      "charges": {"data": [{"billing_details": {"name": "Zebulon"}}]}, "lines": {"data": [{"description": "Zebulon"}]},
      "client_secret": "Zebulon", "hosted_invoice_url": "Zebulon", "invoice_pdf": "Zebulon", "url": "Zebulon",
      "success_url": "Zebulon", "cancel_url": "Zebulon", "account_name": "Zebulon", "account_tax_ids": ["Zebulon"],
      "failure_message": "Zebulon", "footer": "Zebulon", "outcome": {"seller_message": "Zebulon"},
      "refunds": {"data": [{"id": "re_1", "amount": 250, "currency": "eur", "reason": "Zebulon",
        "metadata": {"x": "Zebulon"}, "destination_details": {"card": {"reference": "Zebulon"}}}], "has_more": false},
      "customer": {"id": "cus_1", "object": "customer", "email": "Zebulon", "name": "Zebulon"},
      "payment_intent": {"id": "pi_1", "object": "payment_intent", "receipt_email": "Zebulon"},
      "payment_method": {"id": "pm_1", "billing_details": {"name": "Zebulon"}},
      "client_reference_id": "Zebulon",
      "metadata": {"order_id": "Zebulon", "Zebulon": "1", "session_id": "Zebulon", "utm_source": "google"}
    }
  }
}', array[core.hmac_pad('key of a test', 54), core.hmac_pad('key of a test', 92)]) as r;

select unalike(payload::text, '%Zebulon%', 'nothing that is personal stays') from redacted;
select ok(redacted_count > 0, 'what was dropped is counted') from redacted;
select ok(not core.contains_pii(payload), 'what stays passes the guards') from redacted;

select is(payload #> c.path::text[], c.expected::jsonb, c.name)
from redacted, (values
  ('{id}', '"evt_1"', 'the event id stays'),
  ('{type}', '"charge.refunded"', 'the type stays'),
  ('{created}', '1772600767', 'the time stays'),
  ('{data,object,id}', '"ch_1"', 'the object id stays'),
  ('{data,object,amount}', '1000', 'the amount stays'),
  ('{data,object,amount_refunded}', '250', 'the refunded amount stays'),
  ('{data,object,currency}', '"eur"', 'the currency stays'),
  ('{data,object,payment_intent}', '"pi_1"', 'of an expanded payment intent its id stays'),
  ('{data,object,refunds,data,0,amount}', '250', 'the amount of a refund stays'),
  ('{data,previous_attributes}', '{"amount_refunded": 0}', 'of the previous attributes the refunded amount stays')
) as c (path, expected, name);

select is(payload #>> '{data,object,metadata,utm_source}', 'google', 'of the metadata the source stays') from redacted;
select matches(payload #>> c.path::text[], '^~[0-9a-f]{32}$', c.name)
from redacted, (values
  ('{data,object,customer}', 'the customer becomes a pseudonym'),
  ('{data,object,client_reference_id}', 'the client reference becomes a pseudonym'),
  ('{data,object,metadata,session_id}', 'the session in the metadata becomes a pseudonym')
) as c (path, name);

select is(
  (select r.redacted_count from core.redact_stripe('{"data": {"object": {"id": "pi_1", "description": null}}}', null) as r),
  0, 'what is null was not dropped'
);
select throws_ok(format('select core.redact_stripe(%L, null)', c.body), c.sqlstate, null, c.name)
from (values
  ('{"id": "evt_1", "type": "charge.succeeded"}', 'HL111', 'an event without data is refused'),
  ('{"id": "evt_1", "data": {}}', 'HL111', 'data without an object is refused'),
  ('{"id": "evt_1", "data": {"object": null}}', 'HL111', 'a null object is refused'),
  ('{"id": "evt_1", "data": {"object": []}}', 'HL112', 'a list in place of the object is refused'),
  ('{"id": "evt_1", "data": {"object": "Zebulon"}}', 'HL112', 'a text in place of the object is refused')
) as c (body, sqlstate, name);

select * from finish();
rollback;

-- A Payment object is full of personal data: the word Zebulon stands wherever Toss or the merchant may put some. None of it stays.
begin;
select plan(42);

create function pg_temp.redact(p_body jsonb) returns core.redaction language sql as $$
  select core.redact_toss(p_body, array[core.hmac_pad('key of a test', 54), core.hmac_pad('key of a test', 92)])
$$;

create temp table redacted as
select r.payload, r.redacted_count, r.parts
from pg_temp.redact('{
  "eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2026-03-02T14:46:59.65327", "secret": "Zebulon", "Zebulon": "Zebulon",
  "data": {
    "mId": "tosspayments", "version": "2022-11-16", "paymentKey": "tviva20260302144643uN3L9", "orderId": "order_2966480",
    "lastTransactionKey": "9C62B18EEF0DE3EB7F4422EB6D14BC6E", "status": "PARTIAL_CANCELED", "method": "가상계좌", "type": "NORMAL",
    "currency": "KRW", "totalAmount": 37400, "balanceAmount": 30000, "suppliedAmount": 34000, "vat": 3400, "taxFreeAmount": 0,
    "requestedAt": "2026-03-02T14:46:43+09:00", "approvedAt": "2026-03-02T14:46:58+09:00",
    "orderName": "Zebulon", "country": "Zebulon", "secret": "Zebulon", "customerKey": "Zebulon", "billingKey": "Zebulon",
    "customerName": "Zebulon", "customerEmail": "Zebulon", "customerMobilePhone": "Zebulon", "taxExemptionAmount": 0,
    "card": {"number": "Zebulon", "approveNo": "Zebulon", "ownerType": "Zebulon", "amount": 37400},
    "virtualAccount": {"accountNumber": "Zebulon", "customerName": "Zebulon", "bankCode": "11", "dueDate": "2026-03-09T23:59:59+09:00",
      "refundReceiveAccount": {"bankCode": "11", "accountNumber": "Zebulon", "holderName": "Zebulon"}},
    "transfer": {"bankCode": "Zebulon"}, "mobilePhone": {"customerMobilePhone": {"plain": "Zebulon", "masking": "Zebulon"}},
    "giftCertificate": {"approveNo": "Zebulon"}, "cashReceipt": {"receiptKey": "Zebulon", "receiptUrl": "Zebulon"},
    "cashReceipts": [{"customerIdentityNumber": "Zebulon", "amount": 1}], "easyPay": {"provider": "Zebulon"},
    "foreignEasyPay": {"provider": "Zebulon", "settlementMethod": "Zebulon"}, "discount": {"Zebulon": 1},
    "failure": {"code": "Zebulon", "message": "Zebulon"}, "receipt": {"url": "Zebulon"}, "checkout": {"url": "Zebulon"},
    "metadata": {"session_id": "Zebulon", "utm_source": "naver", "utm_medium": "cpc", "phone": "Zebulon", "Zebulon": "1",
      "landing_page": "https://shop.example.com/tea?utm_source=naver&name=Zebulon", "referrer": "https://Zebulon@search.example.com/"},
    "cancels": [
      {"transactionKey": "090A796806E726BBB929F4A2CA7DB9A7", "cancelReason": "Zebulon", "cancelAmount": 7400,
       "canceledAt": "2026-03-03T12:20:23+09:00", "refundableAmount": 30000, "cancelStatus": "DONE", "receiptKey": "Zebulon",
       "cancelRequestId": "Zebulon", "taxFreeAmount": 0}
    ],
    "newMemberOf2027": "Zebulon"
  }
}') as r;

select unalike(payload::text, '%Zebulon%', 'nothing that is personal stays') from redacted;
select ok(not core.contains_pii(payload), 'what stays passes the guards') from redacted;
select is(redacted_count, 21, 'what was filled and dropped is counted') from redacted;
select is(parts, null, 'a payment is no batch') from redacted;
select set_eq('select jsonb_object_keys(payload) from redacted', '{eventType,createdAt,data}'::text[], 'the shape is one for all');

select is(payload #>> c.path::text[], c.expected, c.name)
from redacted, (values
  ('{eventType}', 'PAYMENT_STATUS_CHANGED', 'the topic stays'),
  ('{createdAt}', '2026-03-02T14:46:59.65327', 'the time stays'),
  ('{data,paymentKey}', 'tviva20260302144643uN3L9', 'the payment key stays, date and all'),
  ('{data,orderId}', 'order_2966480', 'the order id stays'),
  ('{data,lastTransactionKey}', '9C62B18EEF0DE3EB7F4422EB6D14BC6E', 'the last transaction stays'),
  ('{data,status}', 'PARTIAL_CANCELED', 'the status stays'),
  ('{data,totalAmount}', '37400', 'the total stays'),
  ('{data,balanceAmount}', '30000', 'the balance stays'),
  ('{data,currency}', 'KRW', 'the currency stays'),
  ('{data,method}', '가상계좌', 'the method stays'),
  ('{data,approvedAt}', '2026-03-02T14:46:58+09:00', 'the time of approval stays'),
  ('{data,mId}', 'tosspayments', 'the merchant id stays'),
  ('{data,version}', '2022-11-16', 'the version stays'),
  ('{data,metadata,utm_source}', 'naver', 'of the metadata the source stays'),
  ('{data,metadata,landing_page}', 'https://shop.example.com/tea?utm_source=naver', 'and the landing page without its private part')
) as c (path, expected, name);
select is(payload #> '{data,cancels}',
  '[{"transactionKey": "090A796806E726BBB929F4A2CA7DB9A7", "cancelAmount": 7400, "canceledAt": "2026-03-03T12:20:23+09:00",
     "refundableAmount": 30000, "cancelStatus": "DONE"}]'::jsonb, 'of a cancel its key, amount, time and status stay') from redacted;
select matches(payload #>> c.path::text[], '^~[0-9a-f]{32}$', c.name)
from redacted, (values
  ('{data,customerKey}', 'the customer becomes a pseudonym'), ('{data,metadata,session_id}', 'the session becomes a pseudonym')
) as c (path, name);

-- Every shape of a webhook comes out as one; redacting twice changes nothing.
select is((pg_temp.redact(c.body::jsonb)).payload, c.expected::jsonb, c.name)
from (values
  ('{"createdAt": "2026-03-02T14:46:59", "secret": "Zebulon", "status": "DONE", "transactionKey": "T1", "orderId": "o-1"}',
    '{"eventType": "DEPOSIT_CALLBACK", "createdAt": "2026-03-02T14:46:59", "data": {"status": "DONE", "transactionKey": "T1", "orderId": "o-1"}}',
    'a deposit as Toss sends it'),
  ('{"paymentKey": "k1", "orderId": "o-1", "status": "DONE", "totalAmount": 5000.0, "card": {"number": "Zebulon"}}',
    '{"eventType": "PAYMENT_STATUS_CHANGED", "data": {"paymentKey": "k1", "orderId": "o-1", "status": "DONE", "totalAmount": 5000.0}}',
    'a Payment object'),
  ('{"eventType": "CANCEL_STATUS_CHANGED", "createdAt": "x", "data": {"transactionKey": "T1", "cancelReason": "Zebulon", "cancelAmount": 10}}',
    '{"eventType": "CANCEL_STATUS_CHANGED", "createdAt": "x", "data": {"transactionKey": "T1", "cancelAmount": 10}}', 'a Cancel object'),
  ('{"eventType": "PAYMENT_STATUS_CHANGED", "data": {"paymentKey": "k1", "approvedAt": null, "cancels": null, "card": null}}',
    '{"eventType": "PAYMENT_STATUS_CHANGED", "data": {"paymentKey": "k1", "approvedAt": null}}', 'approvedAt null stays, it says something'),
  ('{"eventType": "PAYMENT_STATUS_CHANGED", "createdAt": {"Zebulon": 1}, "data": {"paymentKey": {"a": "Zebulon"}, "orderId": ["Zebulon"], "status": true}}',
    '{"eventType": "PAYMENT_STATUS_CHANGED", "data": {}}', 'a member of another type is dropped')
) as c (body, expected, name);
select is((pg_temp.redact(payload)).payload, payload, 'redacting again changes nothing, so a dead letter can be replayed') from redacted;
select is((pg_temp.redact('{"eventType": "PAYMENT_STATUS_CHANGED", "data": {"paymentKey": "k1", "card": null, "cancels": []}}')).redacted_count, 0,
  'what is null was not dropped');

-- Ids that look like somebody's number are kept as their hash and still join.
select is((pg_temp.redact(jsonb_build_object('eventType', 'PAYMENT_STATUS_CHANGED', 'data',
    jsonb_build_object('paymentKey', c.key)))).payload #>> '{data,paymentKey}', c.expected, c.name)
from (values
  ('GB82WEST12345698765432', 'sha256:' || encode(sha256('GB82WEST12345698765432'), 'hex'), 'a key that passes as an IBAN'),
  ('010-1234-5678', 'sha256:' || encode(sha256('010-1234-5678'), 'hex'), 'a key like a telephone number'),
  ('a=b', 'sha256:' || encode(sha256('a=b'), 'hex'), 'a key that no id may be'),
  (repeat('k', 200), 'sha256:' || encode(sha256(convert_to(repeat('k', 200), 'UTF8')), 'hex'), 'a key longer than an index should hold'),
  (repeat('k', 128), repeat('k', 128), 'a long key as it is'),
  ('', null, 'an empty key is none')
) as c (key, expected, name);

select throws_ok(format('select pg_temp.redact(%L)', c.body), c.sqlstate, null, c.name)
from (values
  ('{"eventType": "PAYMENT_STATUS_CHANGED"}', 'HL111', 'a webhook without data is refused'),
  ('{"eventType": "PAYMENT_STATUS_CHANGED", "data": null}', 'HL111', 'so is null data'),
  ('{"eventType": "PAYMENT_STATUS_CHANGED", "data": "Zebulon"}', 'HL112', 'a text in its place'),
  ('{"eventType": "PAYMENT_STATUS_CHANGED", "data": [{"paymentKey": "k"}]}', 'HL112', 'a list in its place'),
  ('{"eventType": "PAYMENT_STATUS_CHANGED", "data": {"cancels": {"cancelAmount": 1}}}', 'HL112', 'cancels that are no list'),
  ('{"eventType": "PAYMENT_STATUS_CHANGED", "data": {"cancels": [7]}}', 'HL112', 'a cancel that is no object')
) as c (body, sqlstate, name);

select * from finish();
rollback;

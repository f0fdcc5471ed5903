-- A refund is what its successful refund transactions moved; refund_line_items[].subtotal is a bare number
-- beside decimal texts and moved nothing.
begin;
select plan(22);

create function pg_temp.event(p_body jsonb)
  returns setof core.canonical_event language sql as $$
  select n.*
    from core.redact_shopify('{"id": 890088186047892319, "order_id": 820982911946154508,
        "created_at": "2026-03-02T10:00:00+01:00"}' || p_body,
      array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)]) as r,
      unnest(core.normalize_shopify(tap.shopify_headers('refunds/create'), r.payload)) as n
$$;

select is(
  (select concat_ws(' ', e.kind, coalesce(e.currency, '-'), coalesce(e.amount_minor, 0)) from pg_temp.event(c.body::jsonb) as e),
  c.expected,
  c.name
)
from (values
  ('{"transactions": [{"kind": "refund", "status": "success", "amount": "40.00", "currency": "USD"}]}',
    'refund USD 4000', 'one successful refund transaction'),
  ('{"transactions": [{"kind": "refund", "status": "success", "amount": "40.00", "currency": "USD"},
     {"kind": "refund", "status": "success", "amount": "2.50", "currency": "USD"}]}',
    'refund USD 4250', 'two successful ones add up'),
  ('{"transactions": [{"kind": "refund", "status": "failure", "amount": "40.00", "currency": "USD"},
     {"kind": "refund", "status": "success", "amount": "2.50", "currency": "USD"}]}',
    'refund USD 250', 'a failed one does not count'),
  ('{"transactions": [{"kind": "refund", "status": "pending", "amount": "40.00", "currency": "USD"}]}',
    'none - 0', 'a pending one does not count yet'),
  ('{"transactions": [{"kind": "void", "status": "success", "amount": "40.00", "currency": "USD"}]}',
    'none - 0', 'a void gives nothing back'),
  ('{"transactions": []}', 'none - 0', 'a refund without transactions is kept, kind none'),
  ('{}', 'none - 0', 'a refund that does not mention transactions as well'),
  ('{"transactions": [], "refund_line_items": [{"id": 1, "subtotal": 89.99, "total_tax": 7.2,
     "subtotal_set": {"shop_money": {"amount": "89.99", "currency_code": "USD"}}}]}',
    'none - 0', 'restocked items alone move no money'),
  ('{"transactions": [{"kind": "refund", "status": "success", "amount": "75.00", "currency": "USD"}],
     "refund_line_items": [{"id": 1, "subtotal": 89.99, "subtotal_set": {"shop_money": {"amount": "89.99",
     "currency_code": "USD"}}}], "order_adjustments": [{"id": 2, "amount": "-14.99"}]}',
    'refund USD 7500', 'items and adjustments beside a transaction are not added'),
  ('{"transactions": [{"kind": "refund", "status": "success", "amount": "1500", "currency": "JPY"}]}',
    'refund JPY 1500', 'yen have no minor unit'),
  ('{"transactions": [{"kind": "refund", "status": "success", "amount": "0.00", "currency": "USD"}]}',
    'none USD 0', 'a refund of zero is none'),
  ('{"transactions": [{"kind": "refund", "status": "success", "amount": "75.00", "currency": null}],
     "total_duties_set": {"shop_money": {"amount": "0.00", "currency_code": "USD"},
     "presentment_money": {"amount": "0.00", "currency_code": "EUR"}}}',
    'refund USD 7500', 'a null currency is looked for in the refund''s own shop_money'),
  ('{"transactions": [{"kind": "refund", "status": "success", "amount": "75.00", "currency": null,
     "total_unsettled_set": {"shop_money": {"amount": "0.0", "currency": "XXX"}}}],
     "refund_line_items": [{"id": 1, "subtotal": 75, "subtotal_set": {"shop_money": {"amount": "75.00",
     "currency_code": "CAD"}, "presentment_money": {"amount": "50.00", "currency_code": "EUR"}}}]}',
    'refund CAD 7500', 'or in that of its items, and never in an unsettled XXX'),
  ('{"transactions": [{"kind": "refund", "status": "success", "amount": "75.00", "currency": null,
     "amount_set": {"shop_money": {"amount": "75.00", "currency_code": "GBP"}}}]}',
    'refund GBP 7500', 'or in that of the transaction itself')
) as c (body, expected, name);

select is(
  (select concat_ws(' ', e.object_id, e.parent_object_id) from pg_temp.event('{}') as e),
  '890088186047892319 820982911946154508', 'the object is the refund, its parent the order'
);

select throws_ok(format('select * from pg_temp.event(%L)', c.body), c.sqlstate, null, c.name)
from (values
  ('{"order_id": null}', 'HL111', 'a refund without order is refused'),
  ('{"transactions": [{"kind": "refund", "status": "success", "amount": null, "currency": "USD"}]}', 'HL111',
    'a transaction without amount is refused'),
  ('{"transactions": [{"kind": "refund", "status": "success", "amount": "-1.00", "currency": "USD"}]}', 'HL113',
    'a negative amount is refused'),
  ('{"transactions": [{"kind": "refund", "status": "success", "amount": "1.00", "currency": null}]}', 'HL116',
    'a currency stated nowhere is not guessed'),
  ('{"transactions": [{"kind": "refund", "status": "success", "amount": "1.00", "currency": "USD"},
     {"kind": "refund", "status": "success", "amount": "1.00", "currency": "EUR"}]}', 'HL113',
    'two currencies are never added up'),
  ('{"transactions": "none"}', 'HL112', 'transactions that are no list are refused'),
  ('{"transactions": [1, null]}', 'HL112', 'a list of scalars is refused')
) as c (body, sqlstate, name);

select * from finish();
rollback;

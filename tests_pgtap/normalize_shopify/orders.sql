-- When an order is a sale, of how much and of which object. Each payload is redacted first, as in ingestion.
begin;
select plan(32);

create function pg_temp.event(p_topic text, p_more jsonb, p_headers jsonb default '{}')
  returns setof core.canonical_event language sql as $$
  select n.*
    from core.redact_shopify(tap.shopify_order(820982911946154508, '409.94', 'CAD') || p_more,
      array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)]) as r,
      unnest(core.normalize_shopify(tap.shopify_headers(p_topic, p_headers), r.payload)) as n
$$;

select is(
  (select concat_ws(' ', e.kind, e.currency, e.amount_minor) from pg_temp.event(c.topic, c.more::jsonb) as e),
  c.expected,
  c.name
)
from (values
  ('orders/paid', '{}', 'sale CAD 40994', 'orders/paid is a sale'),
  ('orders/paid', '{"financial_status": "pending"}', 'sale CAD 40994', 'whatever its financial status says'),
  ('orders/paid', '{"financial_status": null}', 'sale CAD 40994', 'even where it says nothing'),
  ('orders/create', '{"financial_status": "paid"}', 'sale CAD 40994', 'an order created paid is a sale'),
  ('orders/create', '{"financial_status": "partially_refunded"}', 'sale CAD 40994', 'one refunded in part was a sale'),
  ('orders/create', '{"financial_status": "refunded"}', 'sale CAD 40994', 'one refunded was a sale'),
  ('orders/create', '{"financial_status": "pending"}', 'none CAD 40994', 'a pending order is none'),
  ('orders/create', '{"financial_status": "authorized"}', 'none CAD 40994', 'an authorised order is none'),
  ('orders/create', '{"financial_status": "partially_paid"}', 'none CAD 40994', 'an order paid in part is none'),
  ('orders/create', '{"financial_status": "voided"}', 'none CAD 40994', 'a voided order is none'),
  ('orders/create', '{"financial_status": null}', 'none CAD 40994', 'an order without a status is none'),
  ('orders/cancelled', '{"cancelled_at": "2026-03-05T00:00:00Z"}', 'none CAD 40994', 'a cancellation moves no money'),
  ('orders/paid', '{"total_price": "0.00"}', 'none CAD 0', 'an order of zero is no sale'),
  ('orders/paid', '{"total_price": 409.94}', 'sale CAD 40994', 'a JSON number is an amount too'),
  ('orders/paid', '{"currency": "JPY", "total_price": "1500"}', 'sale JPY 1500', 'yen have no minor unit'),
  ('orders/paid', '{"currency": "JPY", "total_price": "1500.00"}', 'sale JPY 1500', 'even written with zeros'),
  ('orders/paid', '{"currency": "KWD", "total_price": "12.345"}', 'sale KWD 12345', 'dinars have three decimals'),
  ('orders/paid', '{"presentment_currency": "EUR", "total_price_set": {"shop_money": {"amount": "409.94",
     "currency_code": "CAD"}, "presentment_money": {"amount": "280.00", "currency_code": "EUR"}}}',
    'sale CAD 40994', 'the shop''s currency counts, not the buyer''s'),
  ('orders/paid', '{"currency": null, "presentment_currency": "EUR", "total_price_set": {"shop_money":
     {"amount": "409.94", "currency_code": "CAD"}, "presentment_money": {"amount": "280.00", "currency_code": "EUR"}}}',
    'sale CAD 40994', 'a null currency is looked for in shop_money'),
  ('orders/paid', '{"total_tax": "1.00", "current_total_price": "0.00", "subtotal_price": "398.00"}',
    'sale CAD 40994', 'total_price counts among the other totals')
) as c (topic, more, expected, name);

select is(
  (select concat_ws(' ', e.provider, e.event_type, e.object_id, coalesce(e.parent_object_id, '-'))
     from pg_temp.event('orders/paid', '{}') as e),
  'shopify orders/paid 820982911946154508 -', 'the object is the order, with every digit of its id'
);
select isnt(
  (select e.dedup_key from pg_temp.event('orders/paid', '{}') as e),
  (select e.dedup_key from pg_temp.event('orders/create', '{}') as e),
  'the same body under two topics is two facts'
);

select throws_ok(
  format('select * from pg_temp.event(''orders/paid'', %L)', c.more), c.sqlstate, null, c.name
)
from (values
  ('{"id": null}', 'HL111', 'an order without id is refused'),
  ('{"id": 1.5}', 'HL112', 'an order with a fraction as id is refused'),
  ('{"total_price": null}', 'HL111', 'an order without total is refused'),
  ('{"total_price": "-1.00"}', 'HL113', 'a negative total is refused'),
  ('{"total_price": "10.005"}', 'HL113', 'half a cent is refused'),
  ('{"currency": null}', 'HL116', 'an order that states no currency anywhere is refused'),
  ('{"currency": null, "presentment_currency": "EUR"}', 'HL116', 'the buyer''s currency does not stand in for the shop''s'),
  ('{"currency": "ZZZ"}', 'HL117', 'an unknown currency is refused'),
  ('{"processed_at": "yesterday"}', 'HL115', 'an unreadable time is refused'),
  ('{"financial_status": 7}', 'HL112', 'a number as financial status is refused')
) as c (more, sqlstate, name);

select * from finish();
rollback;

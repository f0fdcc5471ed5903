-- When an order is a sale, of how much and of which object. Each payload is redacted first, as in ingestion.
begin;
select plan(68);

create function pg_temp.events(p_more jsonb, p_headers jsonb default '{}')
  returns setof core.canonical_event language sql as $$
  select n.*
    from core.redact_woocommerce(tap.woocommerce_order(727) || p_more, array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)]) as r,
      unnest(core.normalize_woocommerce(tap.woocommerce_headers('order.updated', p_headers), r.payload)) as n
$$;

select is(
  (select concat_ws(' ', e.kind, e.currency, e.amount_minor, e.status, e.status_rank) from pg_temp.events(c.more::jsonb) as e),
  c.expected,
  c.name
)
from (values
  ('{}', 'sale EUR 10000 processing 40', 'an order in processing is a sale'),
  ('{"status": "completed"}', 'sale EUR 10000 completed 45', 'a completed order is a sale'),
  ('{"status": "refunded"}', 'sale EUR 10000 refunded 60', 'a refunded order was one'),
  ('{"status": "cancelled"}', 'sale EUR 10000 cancelled 55', 'an order cancelled after it was paid was one'),
  ('{"status": "on-hold"}', 'sale EUR 10000 on-hold 40', 'so was one put on hold after it was paid'),
  ('{"status": "shipped"}', 'sale EUR 10000 shipped 40', 'or given a status of the shop''s own'),
  ('{"status": "trash"}', 'sale EUR 10000 trash 40', 'or put into the trash'),
  ('{"status": "processing", "date_paid": null, "date_paid_gmt": null}', 'sale EUR 10000 processing 40',
    'cash on delivery is in processing without a date of payment'),
  ('{"status": "completed", "date_paid": null, "date_paid_gmt": null}', 'sale EUR 10000 completed 45', 'and completed without one'),
  ('{"status": "refunded", "date_paid": null, "date_paid_gmt": null}', 'sale EUR 10000 refunded 60', 'and refunded without one'),
  ('{"status": "completed", "date_paid": "", "date_paid_gmt": ""}', 'sale EUR 10000 completed 45', 'an empty date is none'),
  ('{"status": "pending", "date_paid": null, "date_paid_gmt": null}', 'none EUR 10000 pending 10', 'a pending order is none'),
  ('{"status": "on-hold", "date_paid": null, "date_paid_gmt": null}', 'none EUR 10000 on-hold 10', 'nor is one that waits for a bank transfer'),
  ('{"status": "failed", "date_paid": null, "date_paid_gmt": null}', 'none EUR 10000 failed 10', 'nor one whose payment failed'),
  ('{"status": "cancelled", "date_paid": null, "date_paid_gmt": null}', 'none EUR 10000 cancelled 55', 'nor one cancelled unpaid'),
  ('{"status": "checkout-draft", "date_paid": null, "date_paid_gmt": null}', 'none EUR 10000 checkout-draft 10', 'nor a draft'),
  ('{"status": "shipped", "date_paid": null, "date_paid_gmt": null}', 'none EUR 10000 shipped 10', 'nor one of unknown status without a date'),
  ('{"status": "Processing"}', 'sale EUR 10000 processing 40', 'the case of the status does not matter'),
  ('{"total": "0.00"}', 'none EUR 0 processing 40', 'an order of zero is no sale'),
  ('{"total": 29.35}', 'sale EUR 2935 processing 40', 'a JSON number is an amount too'),
  ('{"total": "29.3500"}', 'sale EUR 2935 processing 40', 'so is one with more decimals that are zero'),
  ('{"currency": "JPY", "total": "1500"}', 'sale JPY 1500 processing 40', 'yen have no minor unit'),
  ('{"currency": "JPY", "total": "1500.00"}', 'sale JPY 1500 processing 40', 'even written with zeros'),
  ('{"currency": "KWD", "total": "12.345"}', 'sale KWD 12345 processing 40', 'dinars have three decimals'),
  ('{"currency": "eur"}', 'sale EUR 10000 processing 40', 'a currency in lower case is read'),
  ('{"total_tax": "16.00", "discount_total": "5.00", "line_items": [{"id": 1, "total": "84.00", "price": 42}]}',
    'sale EUR 10000 processing 40', 'total counts among the other amounts'),
  ('{"refunds": null}', 'sale EUR 10000 processing 40', 'the list of refunds may be null')
) as c (more, expected, name);

select is(
  (select concat_ws(' ', e.provider, e.event_type, e.object_id, coalesce(e.parent_object_id, '-')) from pg_temp.events('{}') as e),
  'woocommerce order.updated shop.example:727 -', 'the object is the order within its shop'
);
select is((select e.object_id from pg_temp.events('{"id": "727"}') as e), 'shop.example:727', 'an id may be a text');
select is((select e.object_id from pg_temp.events('{"id": 9007199254740993}') as e), 'shop.example:9007199254740993',
  'an id beyond 2^53 keeps its last digit');
select is((select e.object_id from pg_temp.events('{}', c.headers::jsonb) as e), c.expected, c.name)
from (values
  ('{"x-wc-webhook-source": "http://SHOP.example"}', 'shop.example:727', 'scheme and case make no other shop'),
  ('{"x-wc-webhook-source": "https://shop.example/de/"}', 'shop.example/de:727', 'a path does'),
  ('{"x-wc-webhook-source": null}', '727', 'without a source it is the order id')
) as c (headers, expected, name);
select matches((select e.object_id from pg_temp.events('{}', '{"x-wc-webhook-source": "https://a b/"}') as e),
  '^sha256:[0-9a-f]{64}:727$', 'a source that is no plain name is hashed');

-- One fact, one key
select is((select e.dedup_key from pg_temp.events(c.one::jsonb) as e), (select e.dedup_key from pg_temp.events(c.other::jsonb) as e), c.name)
from (values
  ('{"status": "processing"}', '{"status": "completed"}', 'a sale is one fact whatever becomes of the order'),
  ('{"date_modified_gmt": "2026-03-04T05:06:07"}', '{"date_modified_gmt": "2026-03-05T00:00:00"}', 'or when it was last changed'),
  ('{"total": "100.00"}', '{"total": 100}', 'or how its amount is written')
) as c (one, other, name);
select isnt((select e.dedup_key from pg_temp.events(c.one::jsonb) as e), (select e.dedup_key from pg_temp.events(c.other::jsonb) as e), c.name)
from (values
  ('{}', '{"total": "90.00"}', 'another amount is another fact'),
  ('{}', '{"currency": "USD"}', 'another currency is'),
  ('{}', '{"id": 728}', 'another order is'),
  ('{}', '{"status": "pending", "date_paid": null, "date_paid_gmt": null}', 'an unpaid state is'),
  ('{"status": "on-hold", "date_paid": null, "date_paid_gmt": null}', '{"status": "pending", "date_paid": null, "date_paid_gmt": null}',
    'and another unpaid state'),
  ('{"total": "0.00"}', '{"total": "0.00", "status": "completed"}', 'so has an order of zero one event for each state')
) as c (one, other, name);
select isnt(
  (select e.dedup_key from pg_temp.events('{}') as e),
  (select e.dedup_key from pg_temp.events('{}', '{"x-wc-webhook-source": "https://other.example/"}') as e),
  'the same order of another shop is another fact'
);
select is(
  (select e.dedup_key from pg_temp.events('{}') as e),
  (select e.dedup_key from pg_temp.events('{}', '{"x-wc-webhook-topic": "order.created"}') as e),
  'the same order under another topic is the same fact'
);

-- Times
select is((select e.occurred_at at time zone 'UTC' from pg_temp.events(c.more::jsonb) as e), c.expected::timestamp, c.name)
from (values
  ('{}', '2026-03-01T10:00:05', 'an order occurred when it was paid, in GMT'),
  ('{"date_paid_gmt": "2026-03-01T10:00:05Z"}', '2026-03-01T10:00:05', 'also with a Z'),
  ('{"date_paid": null, "date_paid_gmt": null}', '2026-03-01T10:00:00', 'else when it was made'),
  ('{"date_paid": null}', '2026-03-01T10:00:05', 'the site''s own time is not needed')
) as c (more, expected, name);

select throws_ok(format('select * from pg_temp.events(%L)', c.more), c.sqlstate, null, c.name)
from (values
  ('{"date_paid_gmt": null}', 'HL111', 'a payment in site time only is refused: its zone is nowhere stated'),
  ('{"date_paid": null, "date_paid_gmt": null, "date_created_gmt": null}', 'HL111', 'an order without any time in GMT is refused'),
  ('{"date_paid_gmt": "yesterday"}', 'HL115', 'a time that is none is refused'),
  ('{"date_paid_gmt": false}', 'HL115', 'so is a boolean'),
  ('{"date_paid_gmt": "1970-01-01T00:00:00"}', 'HL115', 'and the epoch'),
  ('{"id": {}}', 'HL112', 'an id that is an object is refused'),
  ('{"id": 1.5}', 'HL112', 'so is a fraction'),
  ('{"status": null}', 'HL111', 'an order without status is refused'),
  ('{"status": ""}', 'HL111', 'so is an empty status'),
  ('{"status": {"a": 1}}', 'HL112', 'and one that is no text'),
  ('{"total": null}', 'HL111', 'an order without total is refused'),
  ('{"total": "-5.00"}', 'HL113', 'so is a negative total'),
  ('{"total": "ten"}', 'HL113', 'and one that is no number'),
  ('{"total": "29.351"}', 'HL113', 'an amount that does not come out whole is refused'),
  ('{"currency": "JPY", "total": "1500.50"}', 'HL113', 'so is half a yen'),
  ('{"total": []}', 'HL113', 'and a list'),
  ('{"total": "99999999999999999999"}', 'HL114', 'an amount beyond every order is refused'),
  ('{"currency": null}', 'HL116', 'a missing currency is not guessed'),
  ('{"currency": "BTC"}', 'HL117', 'an unknown currency is refused')
) as c (more, sqlstate, name);

select * from finish();
rollback;

-- When a capture or sale is a sale, of how much, and when. Each payload is redacted first, as in ingestion.
begin;
select plan(60);

create function pg_temp.events(p_topic text, p_resource jsonb, p_more jsonb default '{}') returns setof core.canonical_event language sql as $$
  select n.*
    from core.redact_paypal(jsonb_build_object('id', 'WH-1', 'event_type', p_topic, 'create_time', '2026-03-02T14:14:10.482Z',
        'resource', '{"id": "3C679366HH908993F", "create_time": "2026-03-02T14:14:06Z", "update_time": "2026-03-03T14:14:06Z"}' || p_resource) || p_more,
      array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)]) as r,
      unnest(core.normalize_paypal('{}', r.payload)) as n
$$;
create function pg_temp.told(p_topic text, p_resource jsonb) returns text language sql as $$
  select string_agg(concat_ws(' ', e.kind, e.object_id, e.parent_object_id, e.currency, e.amount_minor, e.status, e.status_rank), ', ')
    from pg_temp.events(p_topic, p_resource) as e
$$;
create function pg_temp.v1(p_total text, p_more jsonb default '{}', p_currency text default 'USD') returns jsonb language sql as $$
  select jsonb_build_object('amount', jsonb_build_object('total', p_total, 'currency', p_currency), 'state', 'completed') || p_more
$$;
create function pg_temp.v2(p_value text, p_more jsonb default '{}', p_currency text default 'USD') returns jsonb language sql as $$
  select jsonb_build_object('amount', jsonb_build_object('value', p_value, 'currency_code', p_currency), 'status', 'COMPLETED') || p_more
$$;

select is(pg_temp.told(c.topic, c.resource), c.expected, c.name)
from (values
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('114.99'), 'sale 3C679366HH908993F USD 11499 completed 40', 'a v2 capture is a sale'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v1('7.47'), 'sale 3C679366HH908993F USD 747 completed 40', 'a v1 capture is a sale'),
  ('PAYMENT.SALE.COMPLETED', pg_temp.v1('0.48'), 'sale 3C679366HH908993F USD 48 completed 40', 'a v1 sale is a sale'),
  ('PAYMENT.SALE.COMPLETED', pg_temp.v2('0.48'), 'sale 3C679366HH908993F USD 48 completed 40', 'whichever shape it has'),
  ('PAYMENT.SALE.COMPLETED', pg_temp.v1('0.48') - 'state', 'sale 3C679366HH908993F USD 48 completed 40',
    'without a state the topic tells it'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('5.00', '{"status": "PARTIALLY_REFUNDED"}'),
    'sale 3C679366HH908993F USD 500 partially_refunded 50',
    'a capture refunded in part before its event was resent was a sale'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('5.00', '{"status": "REFUNDED"}'), 'sale 3C679366HH908993F USD 500 refunded 60',
    'so was one refunded altogether'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('5.00', '{"status": "PENDING"}'), 'none 3C679366HH908993F USD 500 pending 10',
    'one that is pending says it is none'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('5.00', '{"status": "DECLINED"}'), 'none 3C679366HH908993F USD 500 declined 15',
    'so does a declined one'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('5.00', '{"status": "SOMETHING_NEW"}'), 'none 3C679366HH908993F USD 500 something_new 10',
    'a status nobody knows is none'),
  ('PAYMENT.SALE.COMPLETED', pg_temp.v1('5.00', '{"state": "Completed"}'), 'sale 3C679366HH908993F USD 500 completed 40',
    'case does not matter'),
  ('PAYMENT.CAPTURE.PENDING', pg_temp.v1('2.25', '{"state": "pending"}', 'EUR'), 'none 3C679366HH908993F EUR 225 pending 10',
    'pending is no sale'),
  ('PAYMENT.SALE.PENDING', pg_temp.v1('2.25', '{"state": "pending"}', 'EUR'), 'none 3C679366HH908993F EUR 225 pending 10',
    'nor is a pending sale'),
  ('PAYMENT.CAPTURE.PENDING', pg_temp.v2('2.25'), 'none 3C679366HH908993F USD 225 completed 40',
    'nor one completed since: its own event tells that'),
  ('PAYMENT.CAPTURE.DENIED', pg_temp.v1('0.50', '{"state": "denied"}', 'EUR'), 'none 3C679366HH908993F EUR 50 denied 15',
    'denied is no sale'),
  ('PAYMENT.SALE.DENIED', pg_temp.v1('0.50', '{"state": "denied"}', 'EUR'), 'none 3C679366HH908993F EUR 50 denied 15',
    'nor is a denied sale'),
  ('PAYMENT.CAPTURE.DECLINED', pg_temp.v2('0.50', '{"status": "DECLINED"}'), 'none 3C679366HH908993F USD 50 declined 15',
    'declined is v2''s denied'),
  ('PAYMENT.CAPTURE.DENIED', '{}', 'none 3C679366HH908993F denied 15', 'what is no sale needs no amount'),
  ('PAYMENT.CAPTURE.PENDING', '{"amount": {"value": "2.25"}}', 'none 3C679366HH908993F pending 10', 'nor a currency'),
  ('PAYMENT.SALE.COMPLETED', pg_temp.v1('0.00'), 'none 3C679366HH908993F USD 0 completed 40', 'a payment of zero is no sale'),
  ('PAYMENT.CAPTURE.COMPLETED', '{"amount": {"value": 7.5, "currency_code": "USD"}}', 'sale 3C679366HH908993F USD 750 completed 40',
    'an amount as number is an amount'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1500', '{}', 'JPY'), 'sale 3C679366HH908993F JPY 1500 completed 40', 'yen have no decimals'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1500.00', '{}', 'JPY'), 'sale 3C679366HH908993F JPY 1500 completed 40',
    'zeros in their place are nothing'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1500', '{}', 'HUF'), 'sale 3C679366HH908993F HUF 150000 completed 40',
    'forint without decimals have two by ISO'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1500', '{}', 'twd'), 'sale 3C679366HH908993F TWD 150000 completed 40',
    'a currency in lower case is that currency'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('9999999999999.99'), 'sale 3C679366HH908993F USD 999999999999999 completed 40',
    'fifteen digits are exact'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.00', '{"id": "GB82WEST12345698765432"}'),
    'sale sha256:' || encode(sha256('GB82WEST12345698765432'), 'hex') || ' USD 100 completed 40',
      'an id that passes as an IBAN is known by its hash')
) as c (topic, resource, expected, name);

select throws_ok(format('select * from pg_temp.events(%L, %L, %L)', c.topic, c.resource, c.more), c.sqlstate, null, c.name)
from (values
  ('PAYMENT.CAPTURE.COMPLETED', '{"amount": {"value": "1.00"}}', '{}', 'HL116', 'a sale without currency is refused, not guessed'),
  ('PAYMENT.CAPTURE.COMPLETED', '{"amount": {"value": "1.00", "currency_code": ""}}', '{}', 'HL116', 'an empty currency is none'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.00', '{}', 'XYZ')::text, '{}', 'HL117', 'an unknown currency is refused'),
  ('PAYMENT.CAPTURE.PENDING', pg_temp.v2('1.00', '{}', 'XYZ')::text, '{}', 'HL117', 'also where nothing is booked'),
  ('PAYMENT.CAPTURE.COMPLETED', '{}', '{}', 'HL111', 'a sale without amount is refused'),
  ('PAYMENT.CAPTURE.COMPLETED', '{"amount": null}', '{}', 'HL111', 'null is none'),
  ('PAYMENT.CAPTURE.COMPLETED', '{"amount": "114.99"}', '{}', 'HL111', 'a text without currency is none'),
  ('PAYMENT.CAPTURE.COMPLETED', '{"amount": {"currency_code": "USD"}}', '{}', 'HL111', 'nor is a currency alone'),
  ('PAYMENT.CAPTURE.COMPLETED', '{"amount": {"value": "", "currency_code": "USD"}}', '{}', 'HL111', 'nor an empty value'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('-1.00')::text, '{}', 'HL113', 'a negative sale is refused'),
  ('PAYMENT.CAPTURE.PENDING', pg_temp.v2('-1.00')::text, '{}', 'HL113', 'so is one that is pending'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.005')::text, '{}', 'HL113', 'half a cent is refused, not rounded'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1000.50', '{}', 'JPY')::text, '{}', 'HL113', 'half a yen is refused'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1,000.00')::text, '{}', 'HL113', 'a grouped amount is refused'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1e3')::text, '{}', 'HL113', 'so is an exponent'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('10000000000000.01')::text, '{}', 'HL114', 'more than 10^15 cents are refused'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.00', '{"id": null}')::text, '{}', 'HL111', 'a payment without id is refused'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.00', '{"id": ""}')::text, '{}', 'HL111', 'so is one with an empty id'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.00', '{"id": "a/b"}')::text, '{}', 'HL112', 'so is one whose id is a path'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.00', '{"create_time": "2026-03-02T14:14:06"}')::text, '{}', 'HL115',
    'a time without offset is refused'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.00', '{"create_time": "yesterday"}')::text, '{}', 'HL115', 'a word is no time'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.00', '{"create_time": 1772460846}')::text, '{}', 'HL115', 'a number is no time'),
  ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.00', '{"create_time": null}')::text, '{"create_time": null}', 'HL111',
    'no time at all is refused')
) as c (topic, resource, more, sqlstate, name);

select is((select e.occurred_at at time zone 'UTC' from pg_temp.events('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.00', c.resource::jsonb)) as e),
  c.expected::timestamp, c.name)
from (values
  ('{}', '2026-03-02 14:14:06', 'a payment occurred when it was created'),
  ('{"create_time": "2026-03-02T07:14:06-07:00"}', '2026-03-02 14:14:06', 'an offset is heeded'),
  ('{"create_time": null}', '2026-03-02 14:14:10.482', 'else when its event was'),
  ('{"create_time": "2026-03-02T14:14:06.940Z"}', '2026-03-02 14:14:06.94', 'fractions are kept')
) as c (resource, expected, name);

-- One fact, one key
select is(
  (select count(distinct e.dedup_key) from (values ('PAYMENT.SALE.COMPLETED', pg_temp.v1('1.00')), ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.00')),
      ('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.00', '{"status": "REFUNDED", "create_time": null}'))) as c (topic, resource),
    pg_temp.events(c.topic, c.resource) as e),
  1::bigint, 'a payment of one amount is one fact, whatever the topic, shape and later state');
select is(
  (select count(distinct e.dedup_key) from (values ('PAYMENT.SALE.COMPLETED', pg_temp.v1('1.00')), ('PAYMENT.SALE.COMPLETED', pg_temp.v1('1.01')),
      ('PAYMENT.SALE.COMPLETED', pg_temp.v1('1.00', '{}', 'EUR')), ('PAYMENT.SALE.COMPLETED', pg_temp.v1('1.00', '{"id": "X1"}')),
      ('PAYMENT.SALE.PENDING', pg_temp.v1('1.00', '{"state": "pending"}')), ('PAYMENT.SALE.DENIED', pg_temp.v1('1.00',
        '{"state": "denied"}')))
      as c (topic, resource), pg_temp.events(c.topic, c.resource) as e),
  6::bigint, 'another amount, currency, payment or state is another');
select is((select (e.session_id, e.utm_source, e.channel) is null from pg_temp.events('PAYMENT.CAPTURE.COMPLETED', pg_temp.v2('1.00', '{"custom_id": "utm_source=x"}')) as e),
  true, 'PayPal tells nothing of where the buyer came from: a merchant''s free text is not read');
select is((select e.provider || ' ' || e.event_type from pg_temp.events('PAYMENT.SALE.COMPLETED', pg_temp.v1('1.00')) as e),
  'paypal PAYMENT.SALE.COMPLETED',
  'the type is PayPal''s');
select is((select e.customer_key from pg_temp.events('PAYMENT.SALE.COMPLETED', pg_temp.v1('1.00')) as e), null, 'a capture names no payer');
select matches((select e.customer_key from pg_temp.events('PAYMENT.SALE.COMPLETED', pg_temp.v1('1.00', '{"payer": {"payer_id": "QYR5Z8XDVJNXQ"}}')) as e),
  '^~[0-9a-f]{32}$', 'where it does, the payer is a pseudonym');

select * from finish();
rollback;

-- Own events as canonical events. Each is redacted first, as in ingestion.
begin;
select plan(60);

create function pg_temp.event(p_type text, p_data jsonb)
  returns setof core.canonical_event language sql as $$
  select n.*
    from core.redact_standard(jsonb_build_object('type', p_type, 'timestamp', '2026-01-01T00:00:00Z', 'data', p_data),
        array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)]) as r,
      unnest(core.normalize_standard('{}', r.payload)) as n
$$;
create temp table examples (type text, data jsonb);
insert into examples values
  ('touch.recorded', '{"touch_id": "t1", "occurred_at": "2026-03-01T10:00:00.123456+01:00", "session_id": "s1"}'),
  ('order.paid', '{"object_id": "o1", "currency": "EUR", "amount_minor": 1500, "occurred_at": "2026-03-01T10:00:00Z"}'),
  ('order.refunded', '{"object_id": "r1", "parent_object_id": "o1", "currency": "EUR", "amount_minor": 500, "occurred_at": "2026-03-02T10:00:00Z"}');

select is(
  (select concat_ws(' ', n.provider, n.event_type, n.kind, n.object_id, coalesce(n.parent_object_id, '-'), coalesce(n.currency, '-'),
      coalesce(n.amount_minor::text, '-'), to_char(n.occurred_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), n.status, n.status_rank)
     from examples as e, pg_temp.event(e.type, e.data) as n where e.type = c.type),
  c.expected, c.name
)
from (values
  ('touch.recorded', 'standard touch.recorded touch t1 - - - 2026-03-01 09:00:00.123456', 'a touch, with its own time and no state'),
  ('order.paid', 'standard order.paid sale o1 - EUR 1500 2026-03-01 10:00:00.000000 paid 40', 'a sale'),
  ('order.refunded', 'standard order.refunded refund r1 o1 EUR 500 2026-03-02 10:00:00.000000', 'a refund, with its sale')
) as c (type, expected, name);
select is(
  (select n.dedup_key from examples as e, pg_temp.event(e.type, e.data || c.more::jsonb) as n where e.type = c.type), c.expected, c.name
)
from (values
  ('touch.recorded', '{}', 'touch:t1', 'a touch is known by its id alone'),
  ('touch.recorded', '{"session_id": "other", "occurred_at": "2026-04-01T00:00:00Z"}', 'touch:t1', 'whatever else is told of it'),
  ('order.paid', '{}', 'order.paid:o1:sale:EUR:1500', 'a sale by its order and amount'),
  ('order.refunded', '{"amount_minor": 501}', 'order.refunded:r1:refund:EUR:501', 'so is a refund')
) as c (type, more, expected, name);

select is(
  (select concat_ws(' ', n.kind, n.currency, n.amount_minor, n.object_id)
     from examples as e, pg_temp.event(e.type, e.data || c.more::jsonb) as n where e.type = c.type),
  c.expected, c.name
)
from (values
  ('order.paid', '{"amount_minor": 0}', 'none EUR 0 o1', 'an order of zero is no sale'),
  ('order.refunded', '{"amount_minor": 0}', 'none EUR 0 r1', 'a refund of zero is none'),
  ('order.paid', '{"currency": "jpy"}', 'sale JPY 1500 o1', 'yen are whole; the code may be in lower case'),
  ('order.paid', '{"currency": "KWD", "amount_minor": 1001}', 'sale KWD 1001 o1', 'dinars have three decimals'),
  ('order.paid', '{"currency": "ISK"}', 'sale ISK 1500 o1', 'krona are ISO 4217''s, not Stripe''s'),
  ('order.paid', '{"amount_minor": 1000000000000000}', 'sale EUR 1000000000000000 o1', 'the largest amount'),
  ('order.paid', '{"amount_minor": 15.00}', 'sale EUR 15 o1', 'a whole number may be written with decimals'),
  ('order.paid', '{"object_id": 9007199254740993}', 'sale EUR 1500 9007199254740993', 'a number as id keeps every digit'),
  ('touch.recorded', '{"touch_id": 9007199254740993}', 'touch 9007199254740993', 'of a touch too')
) as c (type, more, expected, name);

select is(
  (select concat_ws('|', n.channel, n.utm_source, n.utm_medium, n.utm_campaign, n.referrer, n.landing_page)
     from examples as e, pg_temp.event(e.type, e.data || c.more::jsonb) as n where e.type = c.type),
  c.expected, c.name
)
from (values
  ('touch.recorded', '{"channel": "Paid Search"}', 'Paid Search', 'the channel is kept as stated'),
  ('touch.recorded', '{"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring", "referrer": "https://search.example/?q=hat",
    "landing_page": "https://example.com/?utm_source=bing"}', 'google|cpc|spring|https://search.example/|https://example.com/?utm_source=bing',
    'stated utm values go before those of the landing page'),
  ('touch.recorded', '{"landing_page": "/a?utm_source=bing&utm_medium=cpc&utm_campaign=x%20y"}',
    'bing|cpc|x y|/a?utm_source=bing&utm_medium=cpc&utm_campaign=x%20y', 'else the landing page tells them'),
  ('touch.recorded', '{}', '', 'a direct visit tells none'),
  ('order.paid', '{"channel": "email", "utm_source": "news"}', 'email|news', 'an order may tell its touch')
) as c (type, more, expected, name);
select is(
  (select concat_ws(' ', n.session_id is not null, n.customer_key is not null, n.session_id = n.customer_key)
     from examples as e, pg_temp.event(e.type, e.data || c.more::jsonb) as n where e.type = c.type),
  c.expected, c.name
)
from (values
  ('touch.recorded', '{}', 't f', 'a touch of a session'),
  ('touch.recorded', '{"session_id": null, "customer_key": "c1"}', 'f t', 'a touch of a customer'),
  ('touch.recorded', '{"customer_key": "s1"}', 't t t', 'or of both'),
  ('order.paid', '{}', 'f f', 'a sale needs neither')
) as c (type, more, expected, name);

select throws_ok(
  format('select n.* from examples as e, pg_temp.event(e.type, e.data || %L) as n where e.type = %L', c.more, c.type), c.sqlstate, null, c.name
)
from (values
  ('touch.recorded', '{"touch_id": null}', 'HL111', 'a touch without id is refused'),
  ('touch.recorded', '{"touch_id": ""}', 'HL111', 'an empty id is refused'),
  ('touch.recorded', jsonb_build_object('touch_id', repeat('x', 129))::text, 'HL112', 'an id of 129 characters is refused'),
  ('touch.recorded', '{"touch_id": "a b"}', 'HL112', 'an id with a space is refused'),
  ('touch.recorded', '{"touch_id": ["t1"]}', 'HL112', 'a list as id is refused'),
  ('touch.recorded', '{"session_id": null}', 'HL111', 'a touch without session and customer is refused'),
  ('touch.recorded', '{"session_id": " ", "customer_key": ""}', 'HL111', 'empty ones are none'),
  ('touch.recorded', '{"session_id": {"a": "~00000000000000000000000000000000"}}', 'HL112', 'an object as session is refused'),
  ('touch.recorded', '{"customer_key": 1.5}', 'HL112', 'a fraction as customer is refused'),
  ('touch.recorded', '{"channel": ["email"]}', 'HL112', 'a list as channel is refused'),
  ('touch.recorded', '{"utm_source": true}', 'HL112', 'a boolean as source is refused'),
  ('touch.recorded', '{"landing_page": 5}', 'HL112', 'a number as landing page is refused'),
  ('touch.recorded', '{"occurred_at": null}', 'HL111', 'a touch without time is refused'),
  ('touch.recorded', '{"occurred_at": "2026-03-01T10:00:00"}', 'HL115', 'a time without offset is refused'),
  ('touch.recorded', '{"occurred_at": "2026-02-30T10:00:00Z"}', 'HL115', 'a day that does not exist is refused'),
  ('touch.recorded', '{"occurred_at": 1772600767}', 'HL115', 'a number as time is refused'),
  ('touch.recorded', '{"occurred_at": "2126-03-01T10:00:00Z"}', 'HL115', 'a time a century ahead is refused'),
  ('order.paid', '{"object_id": null}', 'HL111', 'an order without id is refused'),
  ('order.paid', '{"amount_minor": null}', 'HL111', 'an order without amount is refused'),
  ('order.paid', '{"amount_minor": "1500"}', 'HL113', 'an amount as text is refused'),
  ('order.paid', '{"amount_minor": 15.5}', 'HL113', 'a fraction is refused'),
  ('order.paid', '{"amount_minor": -1}', 'HL113', 'a negative amount is refused'),
  ('order.paid', '{"amount_minor": true}', 'HL113', 'a boolean is refused'),
  ('order.paid', '{"amount_minor": {"value": 1}}', 'HL113', 'an object is refused'),
  ('order.paid', '{"amount_minor": 1000000000000001}', 'HL114', 'more than 10^15 is refused'),
  ('order.paid', '{"currency": null}', 'HL116', 'an order without currency is refused'),
  ('order.paid', '{"currency": "ZZZ"}', 'HL117', 'an unknown currency is refused'),
  ('order.paid', '{"currency": 978}', 'HL117', 'a number as currency is unknown'),
  ('order.paid', '{"session_id": ["s1"]}', 'HL112', 'a list as session of an order is refused'),
  ('order.paid', '{"occurred_at": "yesterday"}', 'HL115', 'an unreadable time is refused'),
  ('order.refunded', '{"parent_object_id": null}', 'HL111', 'a refund without order is refused'),
  ('order.refunded', '{"parent_object_id": "a@b"}', 'HL112', 'an order id with other characters is refused'),
  ('order.refunded', '{"amount_minor": -500}', 'HL113', 'a refund is stated without sign')
) as c (type, more, sqlstate, name);

select throws_ok(
  format('select core.normalize_standard(''{}'', jsonb_build_object(''type'', ''touch.recorded'', ''data'', data || %L)) from examples where type = ''touch.recorded''',
    c.more),
  'HL112', null, c.name
)
from (values
  ('{"session_id": "s1"}', 'a session that is no pseudonym is never stored'),
  ('{"session_id": null, "customer_key": "[card]"}', 'nor is such a customer')
) as c (more, name);

select * from finish();
rollback;

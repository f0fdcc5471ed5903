-- Which Stripe events are sales, of how much and of which payment. Each is redacted first, as in ingestion.
begin;
select plan(38);

create function pg_temp.event(p_event jsonb, p_settings jsonb default '{}')
  returns setof core.canonical_event language sql as $$
  select n.*
    from core.redact_stripe(p_event, array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)]) as r,
      unnest(core.normalize_stripe('{}', r.payload, p_settings)) as n
$$;

create temp table objects (name text, type text, object jsonb);
insert into objects values
  ('payment', 'payment_intent.succeeded',
    '{"id": "pi_1", "amount": 2000, "amount_received": 1500, "currency": "eur", "latest_charge": "ch_1"}'),
  ('charge', 'charge.succeeded',
    '{"id": "ch_1", "amount": 1500, "amount_captured": 1500, "captured": true, "currency": "eur", "payment_intent": "pi_1"}'),
  ('session', 'checkout.session.completed',
    '{"id": "cs_1", "amount_total": 1500, "currency": "eur", "payment_status": "paid", "mode": "payment", "payment_intent": "pi_1"}'),
  ('invoice', 'invoice.paid',
    '{"id": "in_1", "amount_paid": 1500, "amount_due": 1600, "total": 1600, "currency": "eur"}');

select is(
  (select concat_ws(' ', e.kind, coalesce(e.currency, '-'), coalesce(e.amount_minor::text, '-'), e.object_id)
     from objects as o,
       pg_temp.event(tap.stripe_event(o.type, o.object || c.more::jsonb), c.settings::jsonb) as e
    where o.name = c.object),
  c.expected,
  c.name
)
from (values
  ('payment', '{}', '{}', 'sale EUR 1500 pi_1', 'a payment intent: what was received counts'),
  ('charge', '{}', '{}', 'sale EUR 1500 pi_1', 'a charge: its payment intent is the payment'),
  ('charge', '{"payment_intent": null}', '{}', 'sale EUR 1500 ch_1', 'a charge without payment intent is its own payment'),
  ('charge', '{"payment_intent": {"id": "pi_2", "object": "payment_intent"}}', '{}', 'sale EUR 1500 pi_2',
    'an expanded payment intent is told by its id'),
  ('charge', '{"captured": false}', '{}', 'none EUR 1500 pi_1', 'an authorisation that is not captured is no sale'),
  ('charge', '{"captured": false, "payment_intent": null}', '{}', 'none EUR 1500 ch_1', 'nor without payment intent'),
  ('session', '{}', '{}', 'none EUR 1500 cs_1', 'a session is context by default'),
  ('invoice', '{}', '{}', 'none EUR 1500 in_1', 'an invoice is context by default'),
  ('payment', '{"amount_received": 0}', '{}', 'none EUR 0 pi_1', 'a payment of zero is no sale'),
  ('session', '{}', '{"revenue_from": "sessions"}', 'sale EUR 1500 cs_1', 'a paid session where revenue comes from sessions'),
  ('session', '{"payment_status": "unpaid"}', '{"revenue_from": "sessions"}', 'none EUR 1500 cs_1', 'an unpaid session is no sale'),
  ('session', '{"payment_status": "no_payment_required"}', '{"revenue_from": "sessions"}', 'none EUR 1500 cs_1',
    'nor one that needs no payment'),
  ('session', '{"amount_total": null, "currency": null, "mode": "setup", "payment_status": "no_payment_required"}',
    '{"revenue_from": "sessions"}', 'none - - cs_1', 'a session in setup mode has neither amount nor currency'),
  ('session', '{"amount_total": 0}', '{"revenue_from": "sessions"}', 'none EUR 0 cs_1', 'a session of zero is no sale'),
  ('payment', '{}', '{"revenue_from": "sessions"}', 'none EUR 1500 pi_1', 'payments are context then'),
  ('charge', '{}', '{"revenue_from": "sessions"}', 'none EUR 1500 pi_1', 'and charges'),
  ('invoice', '{}', '{"revenue_from": "sessions"}', 'none EUR 1500 in_1', 'and invoices'),
  ('invoice', '{}', '{"revenue_from": "invoices"}', 'sale EUR 1500 in_1', 'a paid invoice: what was paid counts'),
  ('invoice', '{"amount_paid": 0}', '{"revenue_from": "invoices"}', 'none EUR 0 in_1', 'an invoice of zero is no sale'),
  ('payment', '{}', '{"revenue_from": "invoices"}', 'none EUR 1500 pi_1', 'payments are context then as well'),
  ('session', '{}', '{"revenue_from": "invoices"}', 'none EUR 1500 cs_1', 'and sessions'),
  ('payment', '{}', '{"revenue_from": "payments"}', 'sale EUR 1500 pi_1', 'payments may be asked for by name'),
  ('payment', '{"amount_received": 900, "currency": "isk"}', '{}', 'sale ISK 9 pi_1', 'krona are converted to ISO 4217'),
  ('payment', '{"amount_received": 900, "currency": "mga"}', '{}', 'sale MGA 90000 pi_1', 'ariary are converted to ISO 4217'),
  ('payment', '{"amount_received": 500, "currency": "jpy"}', '{}', 'sale JPY 500 pi_1', 'yen are yen'),
  ('session', '{"amount_total": 1500, "presentment_details": {"presentment_amount": 9, "presentment_currency": "usd"}}',
    '{"revenue_from": "sessions"}', 'sale EUR 1500 cs_1', 'the buyer''s own currency does not count')
) as c (object, more, settings, expected, name);

select is(
  (select concat_ws(' ', e.provider, e.event_type, to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'))
     from pg_temp.event(tap.stripe_event('payment_intent.succeeded',
       '{"id": "pi_1", "amount_received": 1, "currency": "eur", "created": 1700000000}')) as e),
  'stripe payment_intent.succeeded 2026-03-04 05:06:07', 'the time is the event''s, not the object''s'
);

select throws_ok(
  format('select * from pg_temp.event(%L)', tap.stripe_event('payment_intent.succeeded',
    '{"id": "pi_1", "amount_received": 1500, "currency": "eur"}'::jsonb || c.object::jsonb) || c.event::jsonb),
  c.sqlstate, null, c.name
)
from (values
  ('{"id": null}', '{}', 'HL111', 'a payment without id is refused'),
  ('{"amount_received": null}', '{}', 'HL111', 'a payment without amount is refused'),
  ('{"amount_received": 10.5}', '{}', 'HL113', 'half a cent is refused'),
  ('{"amount_received": -5}', '{}', 'HL113', 'a negative amount is refused'),
  ('{"amount_received": "NaN"}', '{}', 'HL113', 'NaN is refused'),
  ('{"amount_received": 99999999999999999999}', '{}', 'HL114', 'twenty digits are refused'),
  ('{"amount_received": 950, "currency": "isk"}', '{}', 'HL113', 'half a krona is refused'),
  ('{"currency": null}', '{}', 'HL116', 'a payment without currency is refused'),
  ('{"currency": "zzz"}', '{}', 'HL117', 'an unknown currency is refused'),
  ('{}', '{"created": null}', 'HL111', 'an event without time is refused'),
  ('{}', '{"created": 1772600767000}', 'HL115', 'an event in milliseconds is refused')
) as c (object, event, sqlstate, name);

select * from finish();
rollback;

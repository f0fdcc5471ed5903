-- Stripe: revenue counts once per payment; one family of topics per endpoint is revenue, the others are context.
begin;
select plan(29);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'stripe') as payments,
  tap.endpoint(tenant_id, 'stripe', '{"revenue_from": "sessions"}') as sessions,
  tap.endpoint(tenant_id, 'stripe', '{"revenue_from": "invoices"}') as invoices
from tap.tenant() as tenant_id;
create function pg_temp.send(p_endpoint_id uuid, p_type text, p_object jsonb) returns text language sql as $$
  select s.status || ' ' || coalesce(s.reason, '-')
    from t, tap.stripe(t.tenant_id, p_endpoint_id, tap.stripe_event(p_type, p_object)) as s
$$;
create function pg_temp.ledger(p_object_id text) returns text language sql as $$
  select string_agg(concat_ws(' ', l.kind, l.currency, l.amount_minor), ', ' order by l.kind collate "C")
    from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id and p_object_id in (l.object_id, l.parent_object_id)
$$;

select is(pg_temp.send(payments, 'payment_intent.succeeded', tap.stripe_payment_intent('pi_1')), 'accepted -', 'a payment') from t;
select is(pg_temp.send(payments, 'charge.succeeded', tap.stripe_charge('ch_1', 'pi_1')), 'accepted already_booked',
  'its charge is the same sale') from t;
select is(pg_temp.ledger('pi_1'), 'sale EUR 10000', 'booked once');

select is(pg_temp.send(payments, 'charge.succeeded', tap.stripe_charge('ch_2', 'pi_2')), 'accepted -', 'a charge first') from t;
select is(pg_temp.send(payments, 'payment_intent.succeeded', tap.stripe_payment_intent('pi_2')), 'accepted already_booked',
  'then its payment') from t;
select is(pg_temp.ledger('pi_2'), 'sale EUR 10000', 'booked once as well');

select is(pg_temp.send(payments, 'charge.succeeded', tap.stripe_charge('ch_3')), 'accepted -', 'a charge without payment intent') from t;
select is(pg_temp.ledger('ch_3'), 'sale EUR 10000', 'is booked under its own id');

select is(pg_temp.send(payments, 'payment_intent.succeeded', tap.stripe_payment_intent('pi_4')), 'accepted -', 'a payment') from t;
select is(pg_temp.send(payments, 'charge.succeeded', tap.stripe_charge('ch_4', 'pi_4', 9000)), 'accepted amount_differs',
  'a charge of another amount is kept and flagged') from t;
select is(pg_temp.ledger('pi_4'), 'sale EUR 10000', 'and not added');

select is(pg_temp.send(payments, 'charge.succeeded', tap.stripe_charge('ch_5', 'pi_5', p_more => '{"captured": false}')), 'accepted -',
  'an authorisation') from t;
select is(pg_temp.ledger('pi_5'), null, 'is not booked');
select is(pg_temp.send(payments, 'payment_intent.succeeded', tap.stripe_payment_intent('pi_5')), 'accepted -', 'its payment later') from t;
select is(pg_temp.ledger('pi_5'), 'sale EUR 10000', 'is');

select is(
  pg_temp.send(payments, c.type, jsonb_build_object('currency', 'eur') || c.object::jsonb) || ': ' || coalesce(pg_temp.ledger(c.id), 'nothing'),
  'accepted -: nothing', c.name
)
from t, (values
  ('checkout.session.completed', 'cs_1', '{"id": "cs_1", "amount_total": 10000, "payment_status": "paid"}', 'a session is context'),
  ('invoice.paid', 'in_1', '{"id": "in_1", "amount_paid": 10000}', 'an invoice is context'),
  ('payment_intent.succeeded', 'pi_6', '{"id": "pi_6", "amount_received": 0}', 'a payment of zero is kept, kind none'),
  ('checkout.session.completed', 'cs_2', '{"id": "cs_2", "amount_total": null, "currency": null, "mode": "setup"}',
    'a session in setup mode is kept, kind none')
) as c (type, id, object, name);

select is(
  pg_temp.send(case c.endpoint when 'sessions' then sessions else invoices end, c.type, jsonb_build_object('currency', 'eur') || c.object::jsonb)
    || ': ' || coalesce(pg_temp.ledger(c.id), 'nothing'),
  c.expected, c.name
)
from t, (values
  ('sessions', 'checkout.session.completed', 'cs_3', '{"id": "cs_3", "amount_total": 5000, "payment_status": "paid"}',
    'accepted -: sale EUR 5000', 'where revenue comes from sessions a paid session is booked'),
  ('sessions', 'checkout.session.completed', 'cs_4', '{"id": "cs_4", "amount_total": 5000, "payment_status": "unpaid"}',
    'accepted -: nothing', 'an unpaid one not'),
  ('sessions', 'payment_intent.succeeded', 'pi_7', '{"id": "pi_7", "amount_received": 5000}', 'accepted -: nothing', 'nor its payment'),
  ('invoices', 'invoice.paid', 'in_2', '{"id": "in_2", "amount_paid": 5000}', 'accepted -: sale EUR 5000',
    'where revenue comes from invoices a paid invoice is booked'),
  ('invoices', 'invoice.paid', 'in_3', '{"id": "in_3", "amount_paid": 0}', 'accepted -: nothing', 'an invoice of zero not'),
  ('invoices', 'charge.succeeded', 'ch_8', '{"id": "ch_8", "amount": 5000}', 'accepted -: nothing', 'nor a charge')
) as c (endpoint, type, id, object, expected, name);

-- Connect: one event reaches the platform's and the account's endpoint with one id.
select is(
  (select s.status from t, tap.stripe(t.tenant_id, t.payments,
    tap.stripe_event('payment_intent.succeeded', tap.stripe_payment_intent('pi_9'), 'evt_9') || '{"account": "acct_1"}') as s),
  'accepted', 'a connected account''s payment'
);
select is(
  (select row(s.status, s.reason)::text from t, tap.stripe(t.tenant_id, tap.endpoint(t.tenant_id, 'stripe'),
    tap.stripe_event('payment_intent.succeeded', tap.stripe_payment_intent('pi_9'), 'evt_9') || '{"account": "acct_1"}') as s),
  '(duplicate,already_known)', 'through a second endpoint is the same payment'
);
select is(pg_temp.ledger('pi_9'), 'sale EUR 10000', 'and booked once');
select is(
  (select s.status from t, tap.stripe(t.tenant_id, t.payments,
    tap.stripe_event('payment_intent.succeeded', tap.stripe_payment_intent('pi_10'), 'evt_9') || '{"account": "acct_2"}') as s),
  'accepted', 'one event id of two accounts is two deliveries'
);

select * from finish();
rollback;

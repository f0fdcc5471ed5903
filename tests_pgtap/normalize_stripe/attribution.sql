-- Where a Stripe object tells how its buyer came: metadata, client reference, customer.
begin;
select plan(10);

create temp table event as
select e.*
from (values
  (1, '{"customer": "abc", "metadata": {"session_id": "abc", "utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring",
    "landing_page": "https://example.com/a?utm_source=google&email=someone@example.com", "referrer": "https://search.example/?q=hat",
    "order_id": "6735"}}'),
  (2, '{"customer": {"id": "abc", "object": "customer"}, "client_reference_id": "abc", "metadata": {}}'),
  (3, '{"customer": null, "client_reference_id": "def", "metadata": {"session_id": "abc", "utm_source": "someone@example.com"}}'),
  (4, '{}')
) as c (number, more),
  core.redact_stripe(
    tap.stripe_event('payment_intent.succeeded', tap.stripe_payment_intent('pi_1') || c.more::jsonb),
    array[core.hmac_pad('key of a test', 54), core.hmac_pad('key of a test', 92)]) as r,
  lateral (select c.number, n.* from unnest(core.normalize_stripe('{}', r.payload)) as n) as e;

select is(
  (select concat_ws('|', utm_source, utm_medium, utm_campaign, landing_page, referrer) from event where number = 1),
  'google|cpc|spring|https://example.com/a?utm_source=google|https://search.example/',
  'metadata tells source, medium, campaign, landing page and referrer'
);
select is(session_id, '~587b0c006d3d555662e56dbe6933e458', 'the session of the metadata becomes a pseudonym') from event where number = 1;
select is(customer_key, '~587b0c006d3d555662e56dbe6933e458', 'the customer becomes a pseudonym') from event where number = 1;
select is(payload #> '{data,object,metadata,order_id}', null, 'other metadata goes') from event where number = 1;
select is(session_id, '~587b0c006d3d555662e56dbe6933e458', 'else the client reference is the session') from event where number = 2;
select is(customer_key, '~587b0c006d3d555662e56dbe6933e458', 'an expanded customer gives the same pseudonym') from event where number = 2;
select is(session_id, '~587b0c006d3d555662e56dbe6933e458', 'the session of the metadata goes first') from event where number = 3;
select is(customer_key, null, 'a guest has no customer') from event where number = 3;
select is(utm_source, null, 'a mail address is no source') from event where number = 3;
select is(
  (select concat_ws('|', session_id, customer_key, utm_source, referrer) from event where number = 4), '',
  'a payment may tell nothing'
);

select * from finish();
rollback;

-- Payloads of our own making: the smallest that a normaliser accepts, without personal data. The
-- last parameter replaces or adds members at the top level (Shopify) or in data.object (Stripe).

create or replace function tap.shopify_order(
  p_id bigint,
  p_total_price text default '100.00',
  p_currency text default 'EUR',
  p_more jsonb default '{}'
)
  returns jsonb
  language sql
as $function$
  select jsonb_build_object(
    'id', p_id,
    'total_price', p_total_price,
    'currency', p_currency,
    'financial_status', 'paid',
    'test', false,
    'created_at', '2026-03-01T10:00:00+01:00',
    'processed_at', '2026-03-01T10:00:01+01:00',
    'cancelled_at', null
  ) || p_more
$function$;
comment on function tap.shopify_order(bigint, text, text, jsonb) is 'A paid Shopify order';

create or replace function tap.shopify_refund(
  p_id bigint,
  p_order_id bigint,
  p_amount text default '40.00',
  p_currency text default 'EUR',
  p_more jsonb default '{}'
)
  returns jsonb
  language sql
as $function$
  select jsonb_build_object(
    'id', p_id,
    'order_id', p_order_id,
    'created_at', '2026-03-02T10:00:00+01:00',
    'processed_at', '2026-03-02T10:00:01+01:00',
    'transactions', jsonb_build_array(jsonb_build_object(
      'id', p_id + 1,
      'kind', 'refund',
      'status', 'success',
      'amount', p_amount,
      'currency', p_currency))
  ) || p_more
$function$;
comment on function tap.shopify_refund(bigint, bigint, text, text, jsonb) is
  'A Shopify refund with one successful refund transaction';

create or replace function tap.stripe_event(
  p_type text,
  p_object jsonb,
  p_id text default 'evt_' || translate(gen_random_uuid()::text, '-0123456789', 'ghijklmnop'),
  p_previous jsonb default null
)
  returns jsonb
  language sql
as $function$
  select jsonb_build_object(
    'id', p_id,
    'object', 'event',
    'api_version', '2025-06-30.basil',
    'created', 1772600767,
    'livemode', true,
    'type', p_type,
    'data', jsonb_strip_nulls(jsonb_build_object(
      'object', p_object,
      'previous_attributes', p_previous))
  )
$function$;
comment on function tap.stripe_event(text, jsonb, text, jsonb) is
  'A Stripe event of 2026-03-04 05:06:07 UTC around an object, with a new event id';

create or replace function tap.stripe_payment_intent(
  p_id text,
  p_amount bigint default 10000,
  p_currency text default 'eur',
  p_more jsonb default '{}'
)
  returns jsonb
  language sql
as $function$
  select jsonb_build_object(
    'id', p_id,
    'object', 'payment_intent',
    'amount', p_amount,
    'amount_received', p_amount,
    'currency', p_currency,
    'status', 'succeeded'
  ) || p_more
$function$;
comment on function tap.stripe_payment_intent(text, bigint, text, jsonb) is
  'A succeeded payment intent';

create or replace function tap.stripe_charge(
  p_id text,
  p_payment_intent text default null,
  p_amount bigint default 10000,
  p_amount_refunded bigint default 0,
  p_currency text default 'eur',
  p_more jsonb default '{}'
)
  returns jsonb
  language sql
as $function$
  select jsonb_build_object(
    'id', p_id,
    'object', 'charge',
    'payment_intent', p_payment_intent,
    'amount', p_amount,
    'amount_refunded', p_amount_refunded,
    'captured', true,
    'currency', p_currency,
    'status', 'succeeded'
  ) || p_more
$function$;
comment on function tap.stripe_charge(text, text, bigint, bigint, text, jsonb) is
  'A captured charge';

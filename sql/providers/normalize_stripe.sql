-- A redacted Stripe event as a canonical event. Sessions, invoices and payments of one sale share
-- no id in current API versions, so one family per endpoint counts (settings.revenue_from) and the
-- other two are kept as context. A charge counts under its payment intent, so that
-- payment_intent.succeeded and charge.succeeded are one sale; an authorisation that is not captured
-- yet is no sale. Amounts are integers in Stripe's minor unit: https://docs.stripe.com/currencies
create or replace function core.normalize_stripe(
  p_headers jsonb,
  p_payload jsonb,
  p_settings jsonb default '{}'
)
  returns core.canonical_event[]
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_object jsonb := p_payload #> '{data,object}';
  v_event core.canonical_event;
  v_family text;
  v_amount jsonb;
  v_refunded record;
  v_money record;
  v_is_paid boolean := true;
begin
  v_event.provider := 'stripe';
  v_event.event_type := p_payload ->> 'type';
  v_event.object_id := core.read_id(v_object -> 'id', 'data.object.id');
  v_event.occurred_at := core.read_unix_time(p_payload -> 'created', 'created');
  v_event.amount_is_cumulative := false;

  case v_event.event_type
    when 'payment_intent.succeeded' then
      v_family := 'payments';
      v_amount := v_object -> 'amount_received';
    when 'charge.succeeded' then
      v_family := 'payments';
      v_amount := v_object -> 'amount';
      v_is_paid := v_object -> 'captured' is distinct from 'false';
    when 'checkout.session.completed' then
      v_family := 'sessions';
      v_amount := v_object -> 'amount_total';
      v_is_paid := v_object ->> 'payment_status' = 'paid';
    when 'invoice.paid' then
      v_family := 'invoices';
      v_amount := v_object -> 'amount_paid';
    when 'charge.refunded' then
      v_refunded := core.stripe_refunded(p_payload);
      v_amount := v_refunded.amount;
      v_event.amount_is_cumulative := v_refunded.is_cumulative;
      v_event.object_id := v_event.object_id || ':' || (v_object ->> 'amount_refunded');
      v_event.kind := 'refund';
    when 'charge.dispute.created' then
      v_amount := v_object -> 'amount';
      v_event.kind := 'dispute';
  end case;

  -- The payment that the event is about: its payment intent, else its charge.
  if v_event.event_type = 'charge.succeeded' and v_object ? 'payment_intent' then
    v_event.object_id := core.read_id(v_object -> 'payment_intent', 'data.object.payment_intent');
  elsif v_event.kind = 'refund' then
    v_event.parent_object_id := core.read_id(
      coalesce(v_object -> 'payment_intent', v_object -> 'id'), 'data.object.payment_intent');
  elsif v_event.kind = 'dispute' then
    v_event.parent_object_id := core.read_id(
      coalesce(v_object -> 'payment_intent', v_object -> 'charge'), 'data.object.charge');
  end if;

  if v_family = 'sessions' and coalesce(v_amount, 'null') = 'null' then
    v_is_paid := false;  -- a session in setup mode has no amount and moves no money
  else
    v_money := core.read_money(v_amount, v_object -> 'currency', 'data.object.amount', 'stripe');
    v_event.currency := v_money.currency;
    v_event.amount_minor := v_money.amount_minor;
    if v_event.amount_minor < 0 then
      perform core.raise_error('invalid_amount', 'data.object.amount');
    end if;
  end if;
  v_event.kind := case
    when coalesce(v_event.amount_minor, 0) = 0 then 'none'
    when v_family is null then v_event.kind
    when v_is_paid and v_family = coalesce(p_settings ->> 'revenue_from', 'payments') then 'sale'
    else 'none'
  end;

  if v_family is not null then
    v_event.status := lower(coalesce(
      case when v_family = 'sessions' then v_object ->> 'payment_status' end,
      v_object ->> 'status', 'succeeded'));
    v_event.status_rank := case when v_is_paid then 40 else 10 end;
  end if;

  v_event.customer_key := v_object ->> 'customer';
  v_event.session_id := coalesce(
    v_object #>> '{metadata,session_id}', v_object ->> 'client_reference_id');
  v_event.utm_source := v_object #>> '{metadata,utm_source}';
  v_event.utm_medium := v_object #>> '{metadata,utm_medium}';
  v_event.utm_campaign := v_object #>> '{metadata,utm_campaign}';
  v_event.landing_page := v_object #>> '{metadata,landing_page}';
  v_event.referrer := v_object #>> '{metadata,referrer}';
  v_event.dedup_key := concat_ws(':', v_event.event_type, v_event.object_id, v_event.kind,
    v_event.currency, v_event.amount_minor);
  v_event.payload := p_payload;
  return array[v_event];
end
$function$;

comment on function core.normalize_stripe(jsonb, jsonb, jsonb) is
$doc$The canonical event of a Stripe event (redacted payload).
Raises: missing_field, invalid_field, invalid_amount, amount_out_of_range, invalid_timestamp,
currency_missing, currency_unknown.$doc$;

select core.build_dispatch();

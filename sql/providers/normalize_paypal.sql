-- A redacted PayPal event as canonical events: a payment, what was given back of one, or an order
-- with its captures and refunds. The object is the capture (v1: capture or sale), whoever tells it,
-- so that an order and its captures are one sale each. An order's captures and refunds each carry
-- the event with this one alone, so that a dead one can be replayed alone; an order that shows
-- neither has only its state to tell.
create or replace function core.normalize_paypal(
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
  v_resource jsonb := p_payload -> 'resource';
  v_event core.canonical_event;
  v_events core.canonical_event[] := array[]::core.canonical_event[];
  v_word text;
  v_payment record;
begin
  v_event.provider := 'paypal';
  v_event.event_type := p_payload ->> 'event_type';
  v_event.customer_key := v_resource ->> 'payer_id';
  v_event.payload := p_payload;
  v_word := lower(substring(v_event.event_type from '[^.]+$'));

  if v_event.event_type <> 'CHECKOUT.ORDER.COMPLETED' then
    return array[case
      when v_word in ('refunded', 'reversed')
      then core.paypal_refund(v_event, v_resource, v_word, 'resource')
      else core.paypal_payment(v_event, v_resource, v_word, 'resource')
    end];
  end if;

  for v_payment in
    select p.list, p.item || coalesce(p.parent, '{}') as item
      from jsonb_array_elements(v_resource -> 'purchase_units') with ordinality as u (unit, ordinal)
     cross join lateral (
       select 'captures' as list, c.item, null::jsonb as parent, c.ordinal
         from jsonb_array_elements(u.unit #> '{payments,captures}')
           with ordinality as c (item, ordinal)
       union all
       -- A refund that does not name its capture belongs to the only one there is.
       select 'refunds', r.item,
           case when core.paypal_parent(r.item) is null
             and jsonb_array_length(u.unit #> '{payments,captures}') = 1
           then jsonb_build_object('capture_id', u.unit #> '{payments,captures,0,id}') end,
           r.ordinal
         from jsonb_array_elements(u.unit #> '{payments,refunds}')
           with ordinality as r (item, ordinal)
     ) as p
     order by p.list, u.ordinal, p.ordinal
  loop
    v_event.payload := jsonb_set(p_payload, '{resource,purchase_units}', jsonb_build_array(
      jsonb_build_object('payments',
        jsonb_build_object(v_payment.list, jsonb_build_array(v_payment.item)))));
    v_events := v_events || case v_payment.list
      when 'captures' then core.paypal_payment(v_event, v_payment.item, null, 'captures')
      else core.paypal_refund(v_event, v_payment.item, null, 'refunds')
    end;
  end loop;
  if cardinality(v_events) = 0 then
    v_events := array[
      core.paypal_payment(v_event, '{"status": "COMPLETED"}' || v_resource, 'order', 'resource')];
  end if;
  return v_events;
end
$function$;

comment on function core.normalize_paypal(jsonb, jsonb, jsonb) is
$doc$The sale, refund or state that a redacted PayPal event tells; of an order each of its captures
and refunds.
Raises: missing_field, invalid_field, invalid_amount, amount_out_of_range, invalid_timestamp,
currency_missing, currency_unknown.$doc$;

select core.build_dispatch();

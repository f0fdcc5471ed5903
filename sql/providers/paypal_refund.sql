-- A refund or reversal as a canonical event. Both come as a refund object with an id of its own (a
-- reversal's too: its self link says refund), in v1 with a negative or a positive amount: its size
-- counts. Without a parent it is booked all the same, because the money has left: it takes its own
-- amount off and is tied to no sale.
-- Should the resource be the capture or sale itself, its amount is what was paid, so the refund is
-- all that was given back of it so far, under an id made of the payment's, what happened and that
-- sum; and create_time is when it was paid, so the change is at its update_time, else at the
-- event's time.
create or replace function core.paypal_refund(
  p_event core.canonical_event,
  p_refund jsonb,
  p_word text,
  p_path text
)
  returns core.canonical_event
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_event core.canonical_event := p_event;
  v_id text := core.read_id(p_refund -> 'id', p_path || '.id');
  v_parent text := core.paypal_parent(p_refund);
  v_status text := lower(coalesce(p_refund ->> 'status', p_refund ->> 'state', p_word));
  v_self text := jsonb_path_query_first(p_refund, '$.links[*] ? (@.rel == "self").href') #>> '{}';
  v_amount jsonb := p_refund -> 'amount';
  v_money record;
begin
  if v_status is null then
    perform core.raise_error('missing_field', p_path || '.status');
  end if;
  v_event.amount_is_cumulative := p_word is not null and coalesce(case
    when v_parent <> v_id then false
    when v_self is not null then v_self !~ '^refund'
    when p_event.payload ->> 'resource_version' like '2%' then
      p_event.payload ->> 'resource_type' = 'capture'
    else v_parent = v_id or v_status in ('reversed', 'refunded', 'partially_refunded')
  end, false);
  if v_event.amount_is_cumulative and (p_refund ? 'total_refunded_amount'
    or v_status = 'partially_refunded')
  then
    v_amount := p_refund -> 'total_refunded_amount';
  end if;
  v_money := core.read_money(
    coalesce(v_amount -> 'value', v_amount -> 'total'),
    coalesce(v_amount -> 'currency_code', v_amount -> 'currency'), p_path || '.amount');
  v_event.currency := v_money.currency;
  v_event.amount_minor := abs(v_money.amount_minor);
  v_event.occurred_at := core.read_time(
    coalesce(
      p_refund -> case when v_event.amount_is_cumulative then 'update_time' else 'create_time' end,
      p_event.payload -> 'create_time'),
    p_path || '.create_time');
  v_event.object_id := case
    when v_event.amount_is_cumulative then concat_ws(':', v_id, p_word, v_event.amount_minor)
    else v_id
  end;
  v_event.parent_object_id := case
    when v_event.amount_is_cumulative then v_id
    when v_parent is not null then core.read_id(to_jsonb(v_parent), p_path || '.parent')
  end;
  v_event.kind := case
    when v_event.amount_minor = 0
      or v_status in ('pending', 'failed', 'cancelled', 'canceled', 'denied', 'declined')
    then 'none' else 'refund'
  end;
  v_event.dedup_key := concat_ws(':', 'refund', v_event.object_id,
    case when v_event.kind = 'none' then v_status end, v_event.currency, v_event.amount_minor);
  return v_event;
end
$function$;

comment on function core.paypal_refund(core.canonical_event, jsonb, text, text) is
$doc$A refund or reversal, kind none while it is not carried out; p_path names it in errors.
Raises: missing_field, invalid_field, invalid_amount, amount_out_of_range, invalid_timestamp,
currency_missing, currency_unknown.$doc$;

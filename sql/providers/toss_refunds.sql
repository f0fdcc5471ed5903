-- The refunds that a Payment object shows: each cancel that is carried out (cancelStatus DONE, or
-- none in older API versions), by its own transaction key. Each carries the document with this one
-- cancel, so that a dead one can be replayed alone.
create or replace function core.toss_refunds(p_payload jsonb, p_payment core.canonical_event)
  returns core.canonical_event[]
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_cancel jsonb;
  v_event core.canonical_event;
  v_events core.canonical_event[];
  v_money record;
begin
  for v_cancel in
    select c.value
      from jsonb_array_elements(p_payload #> '{data,cancels}') with ordinality as c (value, ordinal)
     where coalesce(upper(c.value ->> 'cancelStatus'), 'DONE') = 'DONE'
     order by c.ordinal
  loop
    v_money := core.read_money(
      v_cancel -> 'cancelAmount', p_payload #> '{data,currency}', 'cancels.cancelAmount');
    continue when v_money.amount_minor = 0;
    if v_money.amount_minor < 0 then
      perform core.raise_error('invalid_amount', 'cancels.cancelAmount');
    end if;
    v_event.provider := p_payment.provider;
    v_event.event_type := p_payment.event_type;
    v_event.kind := 'refund';
    v_event.object_id := core.read_id(v_cancel -> 'transactionKey', 'cancels.transactionKey');
    v_event.parent_object_id := p_payment.object_id;
    v_event.currency := v_money.currency;
    v_event.amount_minor := v_money.amount_minor;
    v_event.occurred_at := core.read_time(
      coalesce(nullif(v_cancel -> 'canceledAt', 'null'), p_payload -> 'createdAt'),
      'cancels.canceledAt', 'Asia/Seoul');
    v_event.dedup_key := concat_ws(':', 'refund', v_event.parent_object_id, v_event.object_id,
      v_event.currency, v_event.amount_minor);
    v_event.payload := jsonb_set(p_payload, '{data,cancels}', jsonb_build_array(v_cancel));
    v_events := array_append(v_events, v_event);
  end loop;
  return v_events;
end
$function$;

comment on function core.toss_refunds(jsonb, core.canonical_event) is
$doc$The refunds of a redacted Toss payment, whose own event is given; null without any.
Raises: missing_field, invalid_field, invalid_amount, amount_out_of_range, invalid_timestamp,
currency_missing, currency_unknown.$doc$;

-- A capture or sale as a canonical event: told by its own event, whose last word p_word is, or by
-- its order, where that is null and the status alone tells what became of it. One that was refunded
-- since was paid. Both tellings give one dedup_key.
-- A payment keeps its create_time, so the rank decides which of its states is the later.
create or replace function core.paypal_payment(
  p_event core.canonical_event,
  p_payment jsonb,
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
  v_amount jsonb := coalesce(p_payment #> '{amount,value}', p_payment #> '{amount,total}');
  v_currency jsonb :=
    coalesce(p_payment #> '{amount,currency_code}', p_payment #> '{amount,currency}');
  v_event core.canonical_event := p_event;
  v_money record;
  v_is_paid boolean;
begin
  v_event.object_id := core.read_id(p_payment -> 'id', p_path || '.id');
  v_event.status := lower(coalesce(p_payment ->> 'status', p_payment ->> 'state', p_word));
  if v_event.status is null then
    perform core.raise_error('missing_field', p_path || '.status');
  end if;
  v_event.status_rank := case
    when v_event.status in ('refunded', 'reversed') then 60
    when v_event.status = 'partially_refunded' then 50
    when v_event.status = 'completed' then 40
    when v_event.status in ('denied', 'declined', 'failed') then 15
    else 10
  end;
  v_is_paid := coalesce(p_word, 'completed') = 'completed' and v_event.status_rank >= 40;
  v_event.occurred_at := core.read_time(
    coalesce(p_payment -> 'create_time', p_event.payload -> 'create_time'),
    p_path || '.create_time');
  if v_is_paid or coalesce(v_amount #>> '{}', '') <> '' and coalesce(v_currency #>> '{}', '') <> ''
  then
    v_money := core.read_money(v_amount, v_currency, p_path || '.amount');
    v_event.currency := v_money.currency;
    v_event.amount_minor := v_money.amount_minor;
    if v_event.amount_minor < 0 then
      perform core.raise_error('invalid_amount', p_path || '.amount');
    end if;
  end if;
  v_event.kind := case when v_is_paid and v_event.amount_minor > 0 then 'sale' else 'none' end;
  v_event.dedup_key := case v_event.kind
    when 'sale' then
      concat_ws(':', 'sale', v_event.object_id, v_event.currency, v_event.amount_minor)
    else concat_ws(':', 'state', v_event.object_id, v_event.status)
  end;
  return v_event;
end
$function$;

comment on function core.paypal_payment(core.canonical_event, jsonb, text, text) is
$doc$A capture or sale, a sale where it was paid; p_path names it in errors.
Raises: missing_field, invalid_field, invalid_amount, amount_out_of_range, invalid_timestamp,
currency_missing, currency_unknown.$doc$;

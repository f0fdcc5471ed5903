-- The refunds that an order shows, the oldest first, so that what exceeds the sale is the latest.
-- Their totals are negative decimal texts and of the order's currency; their time is the order's
-- last change, as they have none of their own. Each keeps the order without its items, from which
-- the same event can be made again. An order that was never paid gives nothing back.
create or replace function core.woocommerce_refunds(
  p_order core.canonical_event,
  p_source text,
  p_is_paid boolean
)
  returns core.canonical_event[]
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_refunds jsonb := coalesce(nullif(p_order.payload -> 'refunds', 'null'), '[]');
  v_currency jsonb := to_jsonb(p_order.currency);
  v_refund jsonb;
  v_money record;
  v_event core.canonical_event;
  v_events core.canonical_event[] := array[]::core.canonical_event[];
begin
  if jsonb_array_length(v_refunds) > 500 then  -- a bound on what one webhook can cost
    perform core.raise_error('invalid_field', 'refunds');
  end if;
  v_event.provider := p_order.provider;
  v_event.event_type := p_order.event_type;
  v_event.parent_object_id := p_order.object_id;
  v_event.currency := p_order.currency;
  for v_refund in
    select r.refund
      from jsonb_array_elements(v_refunds) as r (refund)
     order by length(r.refund ->> 'id'), r.refund ->> 'id' collate "C"
  loop
    v_event.object_id := concat_ws(':', p_source, core.read_id(v_refund -> 'id', 'refunds.id'));
    v_money := core.read_money(v_refund -> 'total', v_currency, 'refunds.total');
    v_event.amount_minor := -v_money.amount_minor;
    if v_event.amount_minor < 0 then
      perform core.raise_error('invalid_amount', 'refunds.total');
    end if;
    v_event.kind := case when p_is_paid and v_event.amount_minor > 0 then 'refund' else 'none' end;
    v_event.occurred_at := core.read_time(
      p_order.payload -> 'date_modified_gmt', 'date_modified_gmt', 'UTC');
    v_event.dedup_key := concat_ws(':', 'refund', v_event.object_id, v_event.kind,
      v_event.currency, v_event.amount_minor);
    v_event.payload := (p_order.payload - '{line_items,meta_data}'::text[])
      || jsonb_build_object('refunds', jsonb_build_array(v_refund));
    v_events := v_events || v_event;
  end loop;
  return v_events;
end
$function$;

comment on function core.woocommerce_refunds(core.canonical_event, text, boolean) is
$doc$The refunds of an order (its canonical event, shop, and whether it was paid) as events.
Raises: missing_field, invalid_field, invalid_amount, amount_out_of_range, invalid_timestamp.$doc$;

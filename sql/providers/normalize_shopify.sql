-- A redacted Shopify payload as canonical events. An order is a sale when it is paid: orders/paid,
-- or orders/create of an order that was paid at once. A refund is what its successful refund
-- transactions moved; refund_line_items[].subtotal is a bare number beside decimal texts and no
-- money moved. Time: processed_at, else created_at; of a cancellation cancelled_at; else the
-- Triggered-At header.
create or replace function core.normalize_shopify(
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
  v_event core.canonical_event;
  v_money record;
begin
  v_event.provider := 'shopify';
  v_event.event_type := lower(p_headers ->> 'x-shopify-topic');
  v_event.object_id := core.read_id(p_payload -> 'id', 'id');

  if v_event.event_type = 'refunds/create' then
    v_event.parent_object_id := core.read_id(p_payload -> 'order_id', 'order_id');
    v_money := core.shopify_refunded(p_payload);
    v_event.currency := v_money.currency;
    v_event.amount_minor := v_money.amount_minor;
    v_event.kind := case when v_event.amount_minor > 0 then 'refund' else 'none' end;
  else
    v_money := core.read_money(
      p_payload -> 'total_price',
      coalesce(nullif(p_payload -> 'currency', 'null'),
        p_payload #> '{total_price_set,shop_money,currency_code}'),
      'total_price');
    v_event.currency := v_money.currency;
    v_event.amount_minor := v_money.amount_minor;
    if v_event.amount_minor < 0 then
      perform core.raise_error('invalid_amount', 'total_price');
    end if;
    if jsonb_typeof(p_payload -> 'financial_status') <> 'string' then
      perform core.raise_error('invalid_field', 'financial_status');
    end if;
    v_event.kind := case
      when v_event.amount_minor > 0 and (
        v_event.event_type = 'orders/paid'
        or v_event.event_type = 'orders/create'
          and p_payload ->> 'financial_status' in ('paid', 'partially_refunded', 'refunded'))
      then 'sale'
      else 'none'
    end;
    -- processed_at stays the same all through an order's life: the rank tells what came later.
    v_event.status := case v_event.event_type
      when 'orders/paid' then 'paid'
      when 'orders/cancelled' then 'cancelled'
      else coalesce(lower(p_payload ->> 'financial_status'), 'created')
    end;
    v_event.status_rank := case
      when v_event.status in ('cancelled', 'voided') then 70
      when v_event.status = 'refunded' then 60
      when v_event.status = 'partially_refunded' then 50
      when v_event.status = 'paid' then 40
      when v_event.status = 'partially_paid' then 30
      when v_event.status = 'authorized' then 20
      else 10
    end;
  end if;

  v_event.occurred_at := core.read_time(
    coalesce(
      case
        when v_event.event_type = 'orders/cancelled'
          then nullif(p_payload -> 'cancelled_at', 'null')
        else coalesce(
          nullif(p_payload -> 'processed_at', 'null'), nullif(p_payload -> 'created_at', 'null'))
      end,
      p_headers -> 'x-shopify-triggered-at'),
    case when v_event.event_type = 'orders/cancelled' then 'cancelled_at' else 'processed_at' end);

  v_event.session_id := coalesce(
    p_payload #>> '{note_attributes,session_id}', p_payload ->> 'cart_token');
  v_event.customer_key := p_payload #>> '{customer,id}';
  v_event.landing_page := p_payload ->> 'landing_site';
  v_event.referrer := p_payload ->> 'referring_site';
  v_event.utm_source := coalesce(p_payload #>> '{note_attributes,utm_source}',
    core.query_parameter(v_event.landing_page, 'utm_source'));
  v_event.utm_medium := coalesce(p_payload #>> '{note_attributes,utm_medium}',
    core.query_parameter(v_event.landing_page, 'utm_medium'));
  v_event.utm_campaign := coalesce(p_payload #>> '{note_attributes,utm_campaign}',
    core.query_parameter(v_event.landing_page, 'utm_campaign'));
  v_event.dedup_key := concat_ws(':', v_event.event_type, v_event.object_id, v_event.kind,
    v_event.currency, v_event.amount_minor);
  v_event.payload := p_payload;
  return array[v_event];
end
$function$;

comment on function core.normalize_shopify(jsonb, jsonb, jsonb) is
$doc$One canonical event of a Shopify order or refund (redacted payload).
Raises: missing_field, invalid_field, invalid_amount, amount_out_of_range, invalid_timestamp,
currency_missing, currency_unknown.$doc$;

select core.build_dispatch();

-- A redacted WooCommerce order as canonical events. A delivery tells the state of the order at the
-- time it was sent, not what happened: order.created may show a paid order, one order.updated may
-- stand for several changes, and a refund shows in every later one. So the sale and each refund are
-- made anew each time under the same dedup_key, whatever the topic, and the gate keeps one of each.
-- Paid: WooCommerce noted the payment, or the status says so (cash on delivery is processing, and
-- an order that is refunded was a sale, both without a date of payment).
-- Times are GMT without offset. The site's own date_paid without date_paid_gmt is refused: its zone
-- is nowhere stated (webhooks of the API version v1 send it; v2 and v3 send both).
-- An order's occurred_at hardly moves, so the rank decides which state is the later. States between
-- which an order goes to and fro share one, and the one that arrives last counts; the trash, from
-- which it may come back, is one of them, so that a restored order is never known as trash.
create or replace function core.normalize_woocommerce(
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
  v_source text := core.woocommerce_source(p_headers);
  v_paid_at jsonb := nullif(nullif(p_payload -> 'date_paid_gmt', 'null'), '""');
  v_event core.canonical_event;
  v_money record;
  v_is_paid boolean;
begin
  v_event.provider := 'woocommerce';
  v_event.event_type := lower(p_headers ->> 'x-wc-webhook-topic');
  v_event.object_id := concat_ws(':', v_source, core.read_id(p_payload -> 'id', 'id'));
  if coalesce(p_payload ->> 'status', '') = '' then
    perform core.raise_error('missing_field', 'status');
  elsif jsonb_typeof(p_payload -> 'status') <> 'string' then
    perform core.raise_error('invalid_field', 'status');
  end if;
  v_event.status := core.clean_identifier(lower(p_payload ->> 'status'));

  v_money := core.read_money(p_payload -> 'total', p_payload -> 'currency', 'total');
  v_event.currency := v_money.currency;
  v_event.amount_minor := v_money.amount_minor;
  if v_event.amount_minor < 0 then
    perform core.raise_error('invalid_amount', 'total');
  end if;

  if v_paid_at is null and coalesce(p_payload ->> 'date_paid', '') <> '' then
    perform core.raise_error('missing_field', 'date_paid_gmt');
  end if;
  v_is_paid := v_paid_at is not null
    or v_event.status in ('processing', 'completed', 'refunded');
  v_event.occurred_at := core.read_time(
    coalesce(v_paid_at, p_payload -> 'date_created_gmt'),
    case when v_paid_at is null then 'date_created_gmt' else 'date_paid_gmt' end, 'UTC');
  v_event.status_rank := case v_event.status
    when 'refunded' then 60
    when 'cancelled' then 55  -- may be refunded afterwards
    when 'completed' then 45
    else case when v_is_paid then 40 else 10 end
  end;

  v_event.kind := case when v_is_paid and v_event.amount_minor > 0 then 'sale' else 'none' end;
  -- An order that is no sale has nothing but its state to tell.
  v_event.dedup_key := concat_ws(':', v_event.kind, v_event.object_id,
    case when v_event.kind = 'none' then v_event.status end, v_event.currency,
    v_event.amount_minor);
  v_event.customer_key := p_payload ->> 'customer_id';
  v_event.session_id := p_payload #>> '{meta_data,session_id}';
  v_event.landing_page := p_payload #>> '{meta_data,landing_page}';
  v_event.referrer := p_payload #>> '{meta_data,referrer}';
  v_event.utm_source := coalesce(p_payload #>> '{meta_data,utm_source}',
    core.query_parameter(v_event.landing_page, 'utm_source'));
  v_event.utm_medium := coalesce(p_payload #>> '{meta_data,utm_medium}',
    core.query_parameter(v_event.landing_page, 'utm_medium'));
  v_event.utm_campaign := coalesce(p_payload #>> '{meta_data,utm_campaign}',
    core.query_parameter(v_event.landing_page, 'utm_campaign'));
  v_event.payload := p_payload;
  return v_event || core.woocommerce_refunds(v_event, v_source, v_is_paid);
end
$function$;

comment on function core.normalize_woocommerce(jsonb, jsonb, jsonb) is
$doc$A WooCommerce order (redacted payload): the sale or its state, then each refund it shows.
Raises: missing_field, invalid_field, invalid_amount, amount_out_of_range, invalid_timestamp,
currency_missing, currency_unknown.$doc$;

select core.build_dispatch();

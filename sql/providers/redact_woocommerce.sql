-- Keeps of an order what bookings and attribution read, and nothing else: plugins add whatever they
-- like at the top level and in meta_data, so no list of what to drop could be complete. SKUs are
-- left out because many are barcodes, which look like card numbers.
create or replace function core.redact_woocommerce(p_payload jsonb, p_hmac_pads bytea[])
  returns core.redaction
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_kept constant text[] := array[
    'id', 'parent_id', 'status', 'currency', 'payment_method', 'prices_include_tax',
    'date_created_gmt', 'date_modified_gmt', 'date_paid', 'date_paid_gmt', 'date_completed_gmt',
    'discount_total', 'discount_tax', 'shipping_total', 'shipping_tax', 'cart_tax', 'total',
    'total_tax'
  ];
  v_reduced constant text[] := array['line_items', 'refunds'];
  v_filled jsonb := jsonb_strip_nulls(p_payload);
  v_customer_id text := core.string_of(p_payload -> 'customer_id');
  v core.redaction;
begin
  if not v_filled ? 'id' then
    -- No order: WooCommerce sends its own error message where it cannot read the order any more.
    perform core.raise_error('missing_field', 'id');
  elsif v_filled ? 'refunds'
    and jsonb_path_exists(v_filled,
      'strict $.refunds ? (@.type() != "array" || exists(@[*] ? (@.type() != "object")))')
  then
    perform core.raise_error('invalid_field', 'refunds');
  end if;
  v.redacted_count := core.count_keys(v_filled - v_kept - v_reduced);
  v.payload := core.pick_items(jsonb_build_array(v_filled), v_kept) -> 0
    || jsonb_strip_nulls(jsonb_build_object(
      -- 0 is a guest
      'customer_id',
        case when v_customer_id <> '0' then core.pseudonymise(p_hmac_pads, v_customer_id) end,
      'meta_data', core.woocommerce_attribution(p_payload -> 'meta_data', p_hmac_pads),
      'refunds', core.pick_items(v_filled -> 'refunds', '{id,total}'),
      'line_items', core.pick_items(v_filled -> 'line_items',
        '{id,product_id,variation_id,quantity,subtotal,subtotal_tax,total,total_tax}')
    ));
  return v;
end
$function$;

comment on function core.redact_woocommerce(jsonb, bytea[]) is
$doc$A WooCommerce order reduced to what is booked, and how many members were dropped.
Raises: missing_field (id), invalid_field (refunds).$doc$;

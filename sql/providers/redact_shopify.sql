-- Drops the paths that Shopify fills with personal data, secrets or the shopper's free text, and
-- keeps of the rest what bookings and attribution read. Whatever else is in the payload stays and
-- is looked at by core.redact_json. The sub-objects of an order that a booking never reads
-- (customer, addresses, fulfilments, gateway receipts) are dropped whole: no list of their fields
-- could be complete.
create or replace function core.redact_shopify(p_payload jsonb, p_hmac_pads bytea[])
  returns core.redaction
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_personal constant text[] := array[
    'email', 'contact_email', 'phone', 'name', 'company', 'note', 'tags', 'token', 'checkout_token',
    'cart_token', 'checkout_id', 'order_status_url', 'browser_ip', 'client_details', 'user_id',
    'device_id', 'customer', 'billing_address', 'shipping_address', 'payment_details',
    'note_attributes', 'landing_site', 'landing_site_ref', 'referring_site', 'source_url',
    'source_identifier', 'reference', 'po_number', 'confirmation_number', 'discount_applications',
    'fulfillments', 'payment_terms', 'receipt', 'authorization', 'message', 'cancel_reason',
    'custom_attributes', 'attributes', 'purchasing_entity', 'location', 'discount_codes',
    'attributed_staffs', 'staff_member'
  ];
  -- Lists that are reduced below, and money told again (in the buyer's currency, or as it is now).
  v_repeated constant text[] := array[
    'refunds', 'returns', 'line_items', 'shipping_lines', 'refund_line_items',
    'refund_shipping_lines', 'order_adjustments', 'transactions', 'tax_lines', 'subtotal_price_set',
    'total_discounts_set', 'total_line_items_price_set', 'total_shipping_price_set',
    'total_tax_set', 'current_shipping_price_set', 'current_subtotal_price_set',
    'current_total_additional_fees_set', 'current_total_discounts_set', 'current_total_duties_set',
    'current_total_price_set', 'current_total_tax_set', 'original_total_additional_fees_set',
    'original_total_duties_set', 'total_cash_rounding_payment_adjustment_set',
    'total_cash_rounding_refund_adjustment_set'
  ];
  -- What items of these lists usually have besides what is kept of them.
  v_beside_items constant text[] := array[
    'name', 'grams', 'vendor', 'taxable', 'duties', 'price_set', 'tax_lines', 'properties',
    'variant_title', 'product_exists', 'current_quantity', 'requires_shipping', 'origin_location',
    'total_discount_set', 'fulfillment_status', 'fulfillment_service', 'fulfillable_quantity',
    'admin_graphql_api_id', 'discount_allocations', 'attributed_staffs',
    'sales_line_item_group_id', 'variant_inventory_management', 'destination_location'
  ];
  v_beside_shipping constant text[] := array[
    'code', 'phone', 'title', 'source', 'price_set', 'tax_lines', 'is_removed',
    'carrier_identifier', 'discount_allocations', 'discounted_price_set',
    'current_discounted_price_set', 'requested_fulfillment_service_id'
  ];
  -- The long lists go first: what follows copies what is left.
  v_outer jsonb := p_payload - v_repeated;
  v_kept jsonb := jsonb_strip_nulls(v_outer - v_personal);
  v core.redaction;
begin
  if not v_kept ? 'id' then
    -- No order or refund (a wrapped one, say): where its personal data lies is not known, so
    -- nothing of it is kept but its shape.
    perform core.raise_error('missing_field', 'id');
  elsif coalesce(p_payload -> 'transactions', 'null') <> 'null'
    and jsonb_path_exists(p_payload,
      'strict $.transactions ? (@.type() != "array" || exists(@[*] ? (@.type() != "object")))')
  then
    perform core.raise_error('invalid_field', 'transactions');
  end if;
  v.redacted_count := jsonb_array_length(
      jsonb_path_query_array(v_outer, 'strict $.* ? (@ != null).type()'))
    - core.count_keys(v_kept);
  v.payload := v_kept || jsonb_strip_nulls(jsonb_build_object(
    'customer', case when jsonb_typeof(p_payload #> '{customer,id}') in ('number', 'string') then
      jsonb_build_object('id', core.pseudonymise(p_hmac_pads, p_payload #>> '{customer,id}')) end,
    'cart_token', core.pseudonymise(p_hmac_pads,
      coalesce(
        core.string_of(p_payload -> 'cart_token'), core.string_of(p_payload -> 'checkout_token'))),
    'landing_site', core.clean_url(core.string_of(p_payload -> 'landing_site')),
    'referring_site', core.clean_url(core.string_of(p_payload -> 'referring_site')),
    'note_attributes', core.redact_named_values(p_payload -> 'note_attributes', p_hmac_pads),
    'line_items', core.pick_from_items(p_payload -> 'line_items',
      '{id,product_id,variant_id,sku,title,quantity,price,total_discount,gift_card}',
      v_beside_items),
    'shipping_lines', core.pick_from_items(
      p_payload -> 'shipping_lines', '{id,price,discounted_price}', v_beside_shipping)
  ) || case when p_payload ?|
      array['refund_line_items', 'order_adjustments', 'transactions']::text[]
    then jsonb_build_object(
      'refund_line_items', core.pick_items(p_payload -> 'refund_line_items',
        '{id,line_item_id,quantity,restock_type,subtotal,subtotal_set,total_tax,total_tax_set}'),
      'order_adjustments', core.pick_items(p_payload -> 'order_adjustments',
        '{id,kind,amount,amount_set,tax_amount,tax_amount_set}'),
      'transactions', core.pick_items(p_payload -> 'transactions',
        '{id,parent_id,kind,status,amount,amount_set,currency,gateway,test,created_at,'
        'processed_at}'))
    else '{}' end);
  return v;
end
$function$;

comment on function core.redact_shopify(jsonb, bytea[]) is
$doc$A Shopify payload without the paths known to hold personal data, and how many were filled.
Raises: missing_field (id), where the document is no order or refund.$doc$;

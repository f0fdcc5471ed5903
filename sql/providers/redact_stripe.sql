-- Drops the members of data.object that Stripe fills with personal data, secrets or free text,
-- keeps of related objects their id, and of previous_attributes the refunded amount. Customer,
-- client reference and metadata.session_id become pseudonyms: they only serve to join.
create or replace function core.redact_stripe(p_payload jsonb, p_hmac_pads bytea[])
  returns core.redaction
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_personal constant text[] := array[
    'billing_details', 'shipping', 'shipping_details', 'receipt_email', 'receipt_url',
    'receipt_number', 'customer_details', 'customer_email', 'customer_name', 'customer_phone',
    'customer_address', 'customer_shipping', 'customer_tax_ids', 'collected_information',
    'custom_fields', 'individual', 'payment_method_details', 'payment_method_data', 'source',
    'card', 'evidence', 'description', 'statement_descriptor', 'statement_descriptor_suffix',
    'calculated_statement_descriptor', 'last_payment_error', 'last_finalization_error',
    'failure_message', 'charges', 'lines', 'client_secret', 'hosted_invoice_url', 'invoice_pdf',
    'url', 'success_url', 'cancel_url', 'return_url', 'account_name', 'account_tax_ids', 'footer',
    'next_action', 'outcome', 'fraud_details', 'mandate_data', 'application_details',
    'transfer_data', 'consent', 'custom_text', 'number', 'threshold_reason', 'issuer',
    'from_invoice', 'payment_method_configuration_details', 'presentment_details', 'discount',
    'discounts', 'total_discount_amounts', 'parent', 'subscription_details', 'payments', 'customer',
    'client_reference_id', 'metadata', 'default_source', 'payment_details', 'level3', 'line_items',
    'transfer_group', 'business_name', 'branding_settings', 'order', 'name', 'destination',
    'confirmation_secret', 'after_expiration', 'amount_details'
  ];
  v_related constant text[] := array[
    'payment_intent', 'latest_charge', 'charge', 'invoice', 'payment_method',
    'default_payment_method', 'balance_transaction', 'subscription', 'setup_intent',
    'on_behalf_of', 'application', 'payment_link', 'review', 'transfer', 'source_transfer'
  ];
  v_filled jsonb := jsonb_strip_nulls(p_payload #> '{data,object}');
  v_kept jsonb;
  v_object jsonb;
  v core.redaction;
begin
  if jsonb_typeof(v_filled) is distinct from 'object' then
    -- No Stripe event: where its personal data lies is not known, so only its shape is kept.
    perform core.raise_error(
      case when coalesce(v_filled, 'null') = 'null' then 'missing_field' else 'invalid_field' end,
      'data.object');
  end if;
  v_kept := v_filled - v_personal;
  v.redacted_count := core.count_keys(v_filled) - core.count_keys(v_kept);
  v_object := v_kept || jsonb_strip_nulls(jsonb_build_object(
    'customer', core.pseudonymise(p_hmac_pads, coalesce(
      core.string_of(v_filled -> 'customer'), core.string_of(v_filled #> '{customer,id}'))),
    'client_reference_id', case when v_filled ? 'client_reference_id' then core.pseudonymise(
      p_hmac_pads, core.string_of(v_filled -> 'client_reference_id')) end,
    'metadata', core.redact_named_values(v_filled -> 'metadata', p_hmac_pads)));
  if v_kept ? 'refunds' then
    v_object := v_object - 'refunds'
      || case when jsonb_typeof(v_kept #> '{refunds,data}') = 'array' then
        jsonb_strip_nulls(jsonb_build_object('refunds', jsonb_build_object(
          'data', core.pick_items(
            v_kept #> '{refunds,data}', '{id,amount,currency,created,status}'),
          'has_more', v_kept #> '{refunds,has_more}')))
      else '{}' end;
  end if;
  -- A related object comes as its id or, expanded, as a whole with its own id: only that stays.
  if jsonb_path_exists(v_kept, '$.*.id') then
    v_object := v_object || coalesce((
      select jsonb_object_agg(m.key, m.value -> 'id')
        from jsonb_each(v_kept) as m
       where m.key = any (v_related) and jsonb_typeof(m.value) = 'object'), '{}');
  end if;
  -- A place for the object and then the object, which else would be copied at each level.
  v.payload := jsonb_set(
    p_payload - array['request', 'data']::text[]
      || case when p_payload #> '{data,previous_attributes,amount_refunded}' is null
        then '{"data": {"object": null}}'
        else jsonb_build_object('data', jsonb_build_object(
          'object', null,
          'previous_attributes', jsonb_build_object(
            'amount_refunded', p_payload #> '{data,previous_attributes,amount_refunded}')))
      end,
    '{data,object}', v_object);
  return v;
end
$function$;

comment on function core.redact_stripe(jsonb, bytea[]) is
$doc$A Stripe event without the members known to hold personal data, and how many were filled.
Raises: missing_field or invalid_field (data.object), where the document is no Stripe event.$doc$;

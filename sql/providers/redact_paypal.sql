-- Keeps of a PayPal event what bookings read (core.paypal_pick) of its resource and, in an order,
-- of each capture and refund. The payer's id is kept as pseudonym: it only serves to join. The log
-- of transmissions and the summary, which repeats the amount as text, go too.
create or replace function core.redact_paypal(p_payload jsonb, p_hmac_pads bytea[])
  returns core.redaction
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  -- Known to be personal or free text: only to tell how many of them were filled.
  v_personal constant text[] := array[
    'payer', 'payee', 'subscriber', 'shipping', 'shipping_address', 'payment_source',
    'custom', 'custom_id', 'invoice_id', 'invoice_number', 'reference_id', 'description', 'items',
    'item_list', 'note_to_payer', 'soft_descriptor', 'application_context', 'receipt_id',
    'processor_response', 'network_transaction_reference', 'credit_card'
  ];
  v_resource jsonb := p_payload -> 'resource';
  v_units jsonb;
  v core.redaction;
begin
  if jsonb_typeof(v_resource) is distinct from 'object' then
    -- Not the known shape: where its personal data lies is not known, so only its shape is kept.
    perform core.raise_error(
      case when coalesce(v_resource, 'null') = 'null' then 'missing_field' else 'invalid_field' end,
      'resource');
  end if;
  v_resource := jsonb_strip_nulls(v_resource);
  -- Whatever is no list of objects, and more payments than one webhook may cost.
  if jsonb_path_exists(v_resource,
      'strict $.purchase_units ? (@.type() != "array" || exists (@[*] ? (@.type() != "object"
        || exists (@.payments ? (@.type() != "object"
          || exists (@.captures ? (@.type() != "array" || exists (@[*] ? (@.type() != "object"))))
          || exists (@.refunds ? (@.type() != "array" || exists (@[*] ? (@.type() != "object"))))
        )))))', '{}', true)
    or jsonb_array_length(
      jsonb_path_query_array(v_resource, '$.purchase_units[*].payments.*[*]')) > 500
  then
    perform core.raise_error('invalid_field', 'resource.purchase_units');
  end if;
  v.redacted_count := (
    select coalesce(sum(core.count_keys(o.part) - core.count_keys(o.part - v_personal)), 0)
      from jsonb_path_query(v_resource, 'strict $.** ? (@.type() == "object")') as o (part));
  v_units := (
    select jsonb_agg(jsonb_build_object('payments', jsonb_strip_nulls(jsonb_build_object(
        'captures', (
          select jsonb_agg(core.paypal_pick(c.item) order by c.ordinal)
            from jsonb_array_elements(u.unit #> '{payments,captures}')
              with ordinality as c (item, ordinal)),
        'refunds', (
          select jsonb_agg(core.paypal_pick(r.item) order by r.ordinal)
            from jsonb_array_elements(u.unit #> '{payments,refunds}')
              with ordinality as r (item, ordinal))))) order by u.ordinal)
      from jsonb_array_elements(v_resource -> 'purchase_units')
        with ordinality as u (unit, ordinal));
  v.payload := jsonb_strip_nulls(jsonb_build_object(
    'id', core.clean_identifier(core.string_of(p_payload -> 'id')),
    'event_type', core.clean_identifier(core.string_of(p_payload -> 'event_type')),
    'event_version', core.clean_label(core.string_of(p_payload -> 'event_version')),
    'create_time', core.string_of(p_payload -> 'create_time'),
    'resource_type', core.clean_label(core.string_of(p_payload -> 'resource_type')),
    'resource_version', core.clean_label(core.string_of(p_payload -> 'resource_version')),
    'resource', core.paypal_pick(v_resource) || jsonb_build_object(
      'payer_id', core.pseudonymise(p_hmac_pads, coalesce(
        core.string_of(v_resource -> 'payer_id'),
        core.string_of(v_resource #> '{payer,payer_id}'),
        core.string_of(v_resource #> '{payer,payer_info,payer_id}'),
        core.string_of(v_resource #> '{payment_source,paypal,account_id}'))),
      'purchase_units', v_units)));
  return v;
end
$function$;

comment on function core.redact_paypal(jsonb, bytea[]) is
$doc$A PayPal event reduced to what bookings read, and how many personal members were filled.
Raises: missing_field or invalid_field (resource, resource.purchase_units), where the document is
no PayPal event.$doc$;

-- Keeps of a Toss document what bookings and attribution read (core.toss_pick), in one shape
-- whatever the webhook's own: {eventType, createdAt, data}. The metadata, which the merchant may
-- fill freely, is kept as far as it is attribution; a customer key as pseudonym.
create or replace function core.redact_toss(p_payload jsonb, p_hmac_pads bytea[])
  returns core.redaction
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  -- Known to be personal, secret or free text: only to tell how many of them were filled.
  v_personal constant text[] := array[
    'orderName', 'card', 'virtualAccount', 'transfer', 'mobilePhone', 'giftCertificate',
    'cashReceipt', 'cashReceipts', 'foreignEasyPay', 'receipt', 'checkout', 'secret', 'metadata',
    'customerKey', 'billingKey', 'customerName', 'customerEmail', 'customerMobilePhone', 'country',
    'failure', 'cancelReason'
  ];
  v_topic text := core.toss_topic(p_payload);
  v_data jsonb := coalesce(
    p_payload -> 'data',
    case when v_topic = 'DEPOSIT_CALLBACK' or not p_payload ? 'eventType' then p_payload end);
  v_filled jsonb;
  v_cancels jsonb;
  v core.redaction;
begin
  if jsonb_typeof(v_data) is distinct from 'object' then
    -- Not the known shape: where its personal data lies is not known, so only its shape is kept.
    perform core.raise_error(
      case when coalesce(v_data, 'null') = 'null' then 'missing_field' else 'invalid_field' end,
      'data');
  end if;
  v_cancels := nullif(v_data -> 'cancels', 'null');
  if jsonb_path_exists(v_cancels,
    'strict $ ? (@.type() != "array" || exists(@[*] ? (@.type() != "object")))')
  then
    perform core.raise_error('invalid_field', 'cancels');
  end if;
  v_filled := jsonb_strip_nulls(v_data);
  v.redacted_count := core.count_keys(v_filled) - core.count_keys(v_filled - v_personal)
    + jsonb_array_length(jsonb_path_query_array(v_filled, '$.cancels[*].cancelReason'));
  v_cancels := (
    select jsonb_agg(core.toss_pick(c.item) order by c.ordinal)
      from jsonb_array_elements(v_cancels) with ordinality as c (item, ordinal));
  v.payload := jsonb_strip_nulls(jsonb_build_object(
      'eventType', core.clean_identifier(v_topic),
      'createdAt', core.string_of(p_payload -> 'createdAt')))
    || jsonb_build_object('data', core.toss_pick(v_data) || jsonb_strip_nulls(jsonb_build_object(
      'cancels', v_cancels,
      'customerKey', core.pseudonymise(p_hmac_pads, core.string_of(v_data -> 'customerKey')),
      'metadata', core.redact_named_values(v_data -> 'metadata', p_hmac_pads))));
  return v;
end
$function$;

comment on function core.redact_toss(jsonb, bytea[]) is
$doc$A Toss webhook reduced to what bookings read, and how many personal members were filled.
Raises: missing_field or invalid_field (data, cancels), where the document is no Toss webhook.$doc$;

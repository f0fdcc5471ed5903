-- What a PayPal delivery is: type and id of the event; a resend keeps both under a transmission of
-- its own. The type belongs to the key because PayPal's simulator gives one id to several types.
-- The log that PayPal may show with an event, transmissions, grows with each resend: with it the
-- body's hash joins the key, and the event's facts tell that they are known.
-- The signature covers transmission id, time and a CRC32 of the body, so the transmission is what
-- may never come with another body.
-- https://developer.paypal.com/api/rest/webhooks/event-names/ (DECLINED is v2's word for DENIED)
create or replace function core.identify_paypal(p_headers jsonb, p_payload jsonb)
  returns core.delivery_identity
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select
    core.clean_identifier(e.topic),
    case when e.id <> '' then core.clean_identifier(concat_ws(':', 'event', e.topic, e.id)) end,
    case when e.topic not in (
      'PAYMENT.SALE.COMPLETED', 'PAYMENT.SALE.REFUNDED', 'PAYMENT.SALE.REVERSED',
      'PAYMENT.SALE.DENIED', 'PAYMENT.SALE.PENDING',
      'PAYMENT.CAPTURE.COMPLETED', 'PAYMENT.CAPTURE.REFUNDED', 'PAYMENT.CAPTURE.REVERSED',
      'PAYMENT.CAPTURE.DENIED', 'PAYMENT.CAPTURE.DECLINED', 'PAYMENT.CAPTURE.PENDING',
      'CHECKOUT.ORDER.COMPLETED') then 'topic' end,
    coalesce(p_payload ? 'transmissions', false),
    case when e.transmission_id <> '' then
      core.clean_identifier('transmission:' || e.transmission_id) end
  from (
    select
      case when jsonb_typeof(p_payload -> 'event_type') = 'string' then
        nullif(p_payload ->> 'event_type', '') end as topic,
      case when jsonb_typeof(p_payload -> 'id') = 'string' then p_payload ->> 'id' end as id,
      core.string_of(p_headers -> 'paypal-transmission-id') as transmission_id
  ) as e
$function$;

comment on function core.identify_paypal(jsonb, jsonb) is
  'Topic, delivery key (null: take the body''s hash), why to ignore it (topic) and proof '
  '(the transmission) of a PayPal delivery';

-- What a Stripe delivery is: type and id of the event, with the account for Connect, where one
-- event may reach the platform's and the account's endpoint. https://docs.stripe.com/webhooks
create or replace function core.identify_stripe(p_headers jsonb, p_payload jsonb)
  returns core.delivery_identity
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_type text := case when jsonb_typeof(p_payload -> 'type') = 'string'
    then p_payload ->> 'type' end;
  v_id text := case when jsonb_typeof(p_payload -> 'id') = 'string' then p_payload ->> 'id' end;
  v core.delivery_identity;
begin
  if v_id <> '' then
    v.delivery_key := core.clean_identifier(concat_ws(':', 'event',
      case when jsonb_typeof(p_payload -> 'account') = 'string' then p_payload ->> 'account' end,
      v_id));
  end if;
  if v_type in (
    'payment_intent.succeeded', 'charge.succeeded', 'charge.refunded', 'charge.dispute.created',
    'checkout.session.completed', 'invoice.paid')
  then
    v.topic := v_type;
  elsif v_type is not null then
    v.topic := core.clean_identifier(v_type);
    v.ignore_reason := 'topic';
  end if;
  v.key_includes_body := false;
  return v;
end
$function$;

comment on function core.identify_stripe(jsonb, jsonb) is
  'Topic, delivery key (null: take the body''s hash) and why to ignore it (topic) '
  'of a Stripe delivery';

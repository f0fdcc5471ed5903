-- What a Stripe delivery is: type and id of the event, with the account for Connect, where one
-- event may reach the platform's and the account's endpoint. https://docs.stripe.com/webhooks
create or replace function core.identify_stripe(p_headers jsonb, p_payload jsonb)
  returns core.delivery_identity
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select
    core.clean_identifier(e.type),
    case when e.id <> '' then core.clean_identifier(concat_ws(':', 'event', e.account, e.id)) end,
    case when e.type not in (
      'payment_intent.succeeded', 'charge.succeeded', 'charge.refunded', 'charge.dispute.created',
      'checkout.session.completed', 'invoice.paid') then 'topic' end,
    false,
    null
  from (
    select
      case when jsonb_typeof(p_payload -> 'type') = 'string' then p_payload ->> 'type' end as type,
      case when jsonb_typeof(p_payload -> 'id') = 'string' then p_payload ->> 'id' end as id,
      case when jsonb_typeof(p_payload -> 'account') = 'string' then p_payload ->> 'account' end
        as account
  ) as e
$function$;

comment on function core.identify_stripe(jsonb, jsonb) is
  'Topic, delivery key (null: take the body''s hash) and why to ignore it (topic) '
  'of a Stripe delivery';

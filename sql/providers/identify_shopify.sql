-- What a Shopify delivery is, from its headers: Shopify's bodies do not name their topic, and the
-- published bodies of orders/create, orders/paid and orders/cancelled are identical. Event-Id
-- correlates the deliveries of one merchant action, so it identifies one only together with shop
-- and topic; without it (deliveries up to 2024) Webhook-Id does.
-- https://shopify.dev/docs/apps/build/webhooks/ignore-duplicates
create or replace function core.identify_shopify(p_headers jsonb, p_payload jsonb)
  returns core.delivery_identity
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select
    h.topic,
    case
      when h.event_id <> '' then
        core.clean_identifier(concat_ws(':', 'event', h.shop, h.topic, h.event_id))
      when h.webhook_id <> '' then
        core.clean_identifier(concat_ws(':', 'webhook', h.shop, h.webhook_id))
    end,
    case
      when h.topic not in ('orders/create', 'orders/paid', 'orders/cancelled', 'refunds/create')
        then 'topic'
      when h.test or p_payload -> 'test' = 'true'
        -- a refund of a test order: all its transactions say so
        or p_payload @? '$.transactions[*].test'
          and not p_payload @? '$.transactions[*] ? (!(@.test == true))'
      then 'test'
    end,
    false,
    null
  from (
    select
      core.clean_identifier(lower(p_headers ->> 'x-shopify-topic')) as topic,
      lower(p_headers ->> 'x-shopify-shop-domain') as shop,
      p_headers ->> 'x-shopify-event-id' as event_id,
      p_headers ->> 'x-shopify-webhook-id' as webhook_id,
      coalesce(lower(p_headers ->> 'x-shopify-test') = 'true', false) as test
  ) as h
$function$;

comment on function core.identify_shopify(jsonb, jsonb) is
  'Topic, delivery key (null: take the body''s hash) and why to ignore it (topic, test) '
  'of a Shopify delivery';

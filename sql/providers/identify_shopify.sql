-- What a Shopify delivery is, from its headers: Shopify's bodies do not name their topic, and the
-- published bodies of orders/create, orders/paid and orders/cancelled are identical. Event-Id
-- correlates the deliveries of one merchant action, so it identifies one only together with shop
-- and topic; without it (deliveries up to 2024) Webhook-Id does.
-- https://shopify.dev/docs/apps/build/webhooks/ignore-duplicates
create or replace function core.identify_shopify(p_headers jsonb, p_payload jsonb)
  returns core.delivery_identity
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_topic text := core.clean_identifier(lower(p_headers ->> 'x-shopify-topic'));
  v_shop text := lower(p_headers ->> 'x-shopify-shop-domain');
  v_event_id text := p_headers ->> 'x-shopify-event-id';
  v_webhook_id text := p_headers ->> 'x-shopify-webhook-id';
  v core.delivery_identity;
begin
  v.topic := v_topic;
  v.delivery_key := case
    when v_event_id <> '' then
      core.clean_identifier(concat_ws(':', 'event', v_shop, v_topic, v_event_id))
    when v_webhook_id <> '' then
      core.clean_identifier(concat_ws(':', 'webhook', v_shop, v_webhook_id))
  end;
  v.ignore_reason := case
    when v_topic not in ('orders/create', 'orders/paid', 'orders/cancelled', 'refunds/create')
      then 'topic'
    when lower(p_headers ->> 'x-shopify-test') = 'true' or p_payload -> 'test' = 'true'
      -- a refund of a test order: all its transactions say so
      or p_payload @? '$.transactions[*].test'
        and not p_payload @? '$.transactions[*] ? (!(@.test == true))'
    then 'test'
  end;
  v.key_includes_body := false;
  return v;
end
$function$;

comment on function core.identify_shopify(jsonb, jsonb) is
  'Topic, delivery key (null: take the body''s hash) and why to ignore it (topic, test) '
  'of a Shopify delivery';

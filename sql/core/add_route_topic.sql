-- Shopify and WooCommerce name the topic in a header; where it is missing, the topic in the URL
-- (header hookledger-topic, set by the shim) stands in for it.
create or replace function core.add_route_topic(
  p_provider text,
  p_headers jsonb,
  p_payload jsonb
)
  returns jsonb
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select p_headers || coalesce((
    select jsonb_build_object(t.header, t.topic)
      from (values
        ('shopify', 'x-shopify-topic', 'orders/create'),
        ('shopify', 'x-shopify-topic', 'orders/paid'),
        ('shopify', 'x-shopify-topic', 'orders/cancelled'),
        ('shopify', 'x-shopify-topic', 'refunds/create'),
        ('woocommerce', 'x-wc-webhook-topic', 'order.created'),
        ('woocommerce', 'x-wc-webhook-topic', 'order.restored'),
        ('woocommerce', 'x-wc-webhook-topic', 'order.updated')
      ) as t (provider, header, topic)
     where t.provider = p_provider and not p_headers ? t.header
       and core.matches_topic(
         p_headers ->> 'hookledger-topic', t.topic, core.string_of(p_payload -> 'status'))
     order by t.topic desc
     limit 1), '{}')
$function$;

comment on function core.add_route_topic(text, jsonb, jsonb) is
  'The headers, with the topic that the URL names where the provider''s own header is missing';

-- What a WooCommerce delivery is, from its headers. The delivery id is a hash of webhook and
-- second: two orders saved in one second share it, so the body is part of the key.
-- order.deleted is ignored: its body is {"id": n} without time or money, it comes when an order is
-- put into the trash, and that gives nothing back: what was booked stands, refunds are told before.
-- Every other event of an order counts: the body is made by the resource, so what a plugin adds
-- (order.completed, by woocommerce_webhook_topic_hooks) tells the whole order as well.
-- Everything else that is ignored (products, customers, coupons, custom actions) moves no money.
-- WC_Webhook::get_new_delivery_id, ::get_wp_api_payload
create or replace function core.identify_woocommerce(p_headers jsonb, p_payload jsonb)
  returns core.delivery_identity
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select
    h.topic,
    case when h.delivery_id <> '' then
      core.clean_identifier(concat_ws(':', 'delivery', h.source, h.webhook_id, h.delivery_id))
    end,
    case
      when h.topic !~ '^order\.' or h.topic = 'order.deleted' then 'topic'
    end,
    true,
    null::text
  from (
    select
      core.clean_identifier(lower(p_headers ->> 'x-wc-webhook-topic')) as topic,
      core.woocommerce_source(p_headers) as source,
      p_headers ->> 'x-wc-webhook-id' as webhook_id,
      p_headers ->> 'x-wc-webhook-delivery-id' as delivery_id
  ) as h
$function$;

comment on function core.identify_woocommerce(jsonb, jsonb) is
  'Topic, delivery key (null: take the body''s hash) and why to ignore it (topic) '
  'of a WooCommerce delivery; the body''s hash belongs to the key';

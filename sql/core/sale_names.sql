-- The other names under which a statement may speak of a sale, from the event that tells it: a
-- Stripe payment intent's charge and invoice, the number that Shopify shows for an order, the order
-- id of a Toss payment, a WooCommerce order's number without its shop.
create or replace function core.sale_names(p_provider text, p_object_id text, p_payload jsonb)
  returns text[]
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select case p_provider
    when 'stripe' then array[
      p_payload #>> '{data,object,id}', p_payload #>> '{data,object,latest_charge}',
      p_payload #>> '{data,object,payment_intent}', p_payload #>> '{data,object,charge}',
      p_payload #>> '{data,object,invoice}']
    when 'shopify' then array[p_payload ->> 'order_number']
    when 'toss' then array[p_payload #>> '{data,orderId}']
    when 'woocommerce' then array[substring(p_object_id from ':([^:]+)$')]
  end
$function$;

comment on function core.sale_names(text, text, jsonb) is
  'What else a statement may call a sale; holds nulls';

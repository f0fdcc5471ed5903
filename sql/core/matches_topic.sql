-- Does the topic in a URL mean the topic of the delivery? It may leave out the beginning
-- (sale_completed for PAYMENT.SALE.COMPLETED) and may name the state in place of the change
-- (order_completed for WooCommerce's order.updated of a completed order).
create or replace function core.matches_topic(
  p_route_topic text,
  p_topic text,
  p_status text default null
)
  returns boolean
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select coalesce(
    bool_or(right('.' || t.stems, length(r.stems) + 1) = '.' || r.stems), false)
    from core.stem_topic(p_route_topic) as r (stems)
   cross join (
     values
      (core.stem_topic(p_topic)),
      (core.stem_topic(regexp_replace(p_topic, '[^./_]+$', '') || p_status))
   ) as t (stems)
$function$;

comment on function core.matches_topic(text, text, text) is
  'Whether the topic of a URL names the topic of a delivery, or its resource and status';

-- Which payment a refund gives back: v1 says capture_id or sale_id (and links it by that name), v2
-- only links it as the one above. A link up from a capture leads to its authorisation or order and
-- does not count. Null where PayPal does not tell it: v1 refunds made on PayPal's website and v1
-- reversals come without.
create or replace function core.paypal_parent(p_refund jsonb)
  returns text
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select coalesce(
    p_refund ->> 'capture_id',
    p_refund ->> 'sale_id',
    (select split_part(l.link ->> 'href', '/', 2)
       from jsonb_array_elements(p_refund -> 'links') with ordinality as l (link, ordinal)
      where l.link ->> 'rel' <> 'self' and l.link ->> 'href' !~ '^refund'
      order by l.ordinal
      limit 1),
    p_refund #>> '{supplementary_data,related_ids,capture_id}')
$function$;

comment on function core.paypal_parent(jsonb) is
  'The capture or sale that a redacted PayPal refund belongs to; null: not stated';

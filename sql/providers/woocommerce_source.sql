-- The shop a delivery comes from: host and path of its home URL, because order ids count up from 1
-- in each shop and a tenant may have several. Without scheme, so that a shop that moves to https
-- keeps its orders, and without query (translation plugins put the language there). Null where the
-- header is missing: a DBA who hands over one shop's orders need not invent it.
create or replace function core.woocommerce_source(p_headers jsonb)
  returns text
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select core.clean_identifier(
      lower(split_part(s.page, '/', 1)) || regexp_replace(s.page, '^[^/]*', ''))
    from (
      select rtrim(
        regexp_replace(
          core.string_of(p_headers -> 'x-wc-webhook-source'),
          '^[A-Za-z][A-Za-z0-9+.-]*://|[?#].*$', '', 'g'),
        '/')
    ) as s (page)
$function$;

comment on function core.woocommerce_source(jsonb) is
  'Host and path of the shop that sent a WooCommerce delivery, or their SHA-256; null: not stated';

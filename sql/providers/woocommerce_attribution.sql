-- meta_data is where every plugin of a shop leaves what it likes, so all of it goes but what tells
-- where the buyer came from: the _wc_order_attribution_ fields (WooCommerce 8.5 and later) and the
-- same names without prefix, which theme code and tracking plugins use. session_entry is the first
-- page of the visit. device_type and origin are translated texts and not taken. Of two entries of
-- one key the first counts, as in WooCommerce itself. A value may be any JSON; only texts and
-- numbers are read.
create or replace function core.woocommerce_attribution(p_meta_data jsonb, p_hmac_pads bytea[])
  returns jsonb
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_named jsonb := p_meta_data;
begin
  if jsonb_typeof(p_meta_data) = 'array' then
    v_named := (
      select jsonb_object_agg(
          case n.name when 'session_entry' then 'landing_page' else n.name end, m.item -> 'value'
          order by starts_with(m.item ->> 'key', '_wc_order_attribution_'), m.ordinal desc)
        from jsonb_array_elements(p_meta_data) with ordinality as m (item, ordinal)
       cross join lateral (
         values (regexp_replace(m.item ->> 'key', '^_(wc_order_attribution_)?', ''))
       ) as n (name)
       where jsonb_typeof(m.item -> 'value') in ('string', 'number')
         and n.name in ('utm_source', 'utm_medium', 'utm_campaign', 'referrer', 'session_entry',
           'landing_page', 'session_id'));
  end if;
  return core.redact_named_values(v_named, p_hmac_pads);
end
$function$;

comment on function core.woocommerce_attribution(jsonb, bytea[]) is
  'Of an order''s meta_data: utm_source, utm_medium, utm_campaign, landing_page, referrer, '
  'and session_id as pseudonym';

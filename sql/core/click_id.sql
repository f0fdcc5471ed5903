-- Which platform's click id a landing page came with (core.clean_url keeps the name and drops the
-- value). Of several the one that proves an ad counts before those that any link may carry.
create or replace function core.click_id(p_landing_page text)
  returns text
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_query text := split_part(split_part(p_landing_page, '#', 1), '?', 2);
  v_names text[];
begin
  if v_query = '' or p_landing_page is null then
    return null;
  end if;
  v_names := regexp_split_to_array(lower(regexp_replace(v_query, '=[^&]*', '', 'g')), '&');
  return (
    select c.name
      from unnest(array['gclid', 'gbraid', 'wbraid', 'msclkid', 'ttclid', 'twclid', 'li_fat_id',
        'dclid', 'fbclid', 'srsltid']) with ordinality as c (name, position)
     where c.name = any (v_names)
     order by c.position
     limit 1);
end
$function$;

comment on function core.click_id(text) is
  'The click id in a landing page''s query (gclid, fbclid, …), or null';

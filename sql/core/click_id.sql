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
  v_query text := lower(split_part(split_part(p_landing_page, '#', 1), '?', 2));
  v_names text[];
begin
  if v_query = '' or p_landing_page is null then
    return null;
  end if;
  if position('=' in v_query) > 0 then
    v_query := regexp_replace(v_query, '=[^&]*', '', 'g');
  end if;
  v_names := string_to_array(v_query, '&');
  return case
    when 'gclid' = any (v_names) then 'gclid'
    when 'gbraid' = any (v_names) then 'gbraid'
    when 'wbraid' = any (v_names) then 'wbraid'
    when 'msclkid' = any (v_names) then 'msclkid'
    when 'ttclid' = any (v_names) then 'ttclid'
    when 'twclid' = any (v_names) then 'twclid'
    when 'li_fat_id' = any (v_names) then 'li_fat_id'
    when 'dclid' = any (v_names) then 'dclid'
    when 'fbclid' = any (v_names) then 'fbclid'
    when 'srsltid' = any (v_names) then 'srsltid'
  end;
end
$function$;

comment on function core.click_id(text) is
  'The click id in a landing page''s query (gclid, fbclid, …), or null';

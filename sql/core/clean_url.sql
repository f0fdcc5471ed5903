-- A landing page or referrer as it may be stored: scheme, host and path, the utm parameters, and of
-- click ids (gclid and its like) only that they were there. Query strings carry preview tokens,
-- mail addresses and search terms; user:password@ and fragments go too.
create or replace function core.clean_url(p_url text)
  returns text
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_url text := split_part(p_url, '#', 1);
  v_page text := left(split_part(v_url, '?', 1), 500);
  v_query text := left(split_part(v_url, '?', 2), 2000);
  -- Letters and few digits, as most are: no part of it is dropped for what it says.
  v_is_plain boolean := v_query !~ '[^A-Za-z0-9_.&=-]|[0-9]([^0-9]*[0-9]){6}';
  v_decoded text;
  v_masked text;
  v_pair text;
  v_value text;
  v_kept text[];
begin
  if position('@' in v_page) > 0 then
    v_page := regexp_replace(v_page, '^([A-Za-z][A-Za-z0-9+.-]*:)?//[^/@]*@', '\1//');
  end if;
  if v_page ~ '[@%]|[0-9]([^0-9]*[0-9]){6}' then  -- else it is as it reads, and nobody's
    v_decoded := core.url_decode(v_page);
    v_masked := core.mask_text(v_decoded);
    if v_masked <> v_decoded then
      v_page := v_masked;
    end if;
  end if;
  if v_query <> '' then
    foreach v_pair in array string_to_array(v_query, '&') loop
      if v_pair like 'utm\_%' then
        v_value := substr(v_pair, nullif(position('=' in v_pair), 0) + 1);
        if v_value = '' or v_value <> '' and v_is_plain
          or core.clean_label(core.url_decode(replace(v_value, '+', ' '))) is not null
        then
          v_kept := v_kept || left(v_pair, position('=' in v_pair) + 200);
        end if;
      elsif split_part(v_pair, '=', 1) in (
        'gclid', 'gbraid', 'wbraid', 'dclid', 'fbclid', 'msclkid', 'ttclid', 'twclid', 'li_fat_id',
        'srsltid')
      then
        v_kept := v_kept || split_part(v_pair, '=', 1);
      end if;
    end loop;
  end if;
  return nullif(concat_ws('?', v_page, nullif(array_to_string(v_kept, '&'), '')), '');
end
$function$;

comment on function core.clean_url(text) is
  'A URL without user, fragment and query, but with utm parameters and the names of click ids';

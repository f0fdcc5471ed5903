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
  v_decoded text;
  v_masked text;
begin
  if position('@' in v_page) > 0 then
    v_page := regexp_replace(v_page, '^([A-Za-z][A-Za-z0-9+.-]*:)?//[^/@]*@', '\1//');
  end if;
  v_decoded := core.url_decode(v_page);
  v_masked := core.mask_text(v_decoded);
  if v_masked <> v_decoded then
    v_page := v_masked;
  end if;
  if v_query <> '' then
    v_query := (
      select string_agg(
        case
          when q.pair like 'utm\_%' then left(q.pair, position('=' in q.pair) + 200)
          else split_part(q.pair, '=', 1)
        end,
        '&' order by q.ordinal)
        from string_to_table(v_query, '&') with ordinality as q (pair, ordinal)
       where q.pair like 'utm\_%'
           and (q.pair like '%='
             or core.query_parameter('?' || q.pair, split_part(q.pair, '=', 1)) is not null)
          or split_part(q.pair, '=', 1) in (
            'gclid', 'gbraid', 'wbraid', 'dclid', 'fbclid', 'msclkid', 'ttclid', 'twclid',
            'li_fat_id', 'srsltid'));
  end if;
  return nullif(concat_ws('?', v_page, nullif(v_query, '')), '');
end
$function$;

comment on function core.clean_url(text) is
  'A URL without user, fragment and query, but with utm parameters and the names of click ids';

-- One parameter of a URL's query, percent-decoded, at most 200 characters, without personal data.
create or replace function core.query_parameter(p_url text, p_name text)
  returns text
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_value text := split_part(split_part(
    '&' || split_part(split_part(p_url, '#', 1), '?', 2), '&' || p_name || '=', 2), '&', 1);
begin
  if v_value = '' then
    return null;
  end if;
  return core.clean_label(core.url_decode(replace(v_value, '+', ' ')));
end
$function$;

comment on function core.query_parameter(text, text) is
  'A decoded parameter of a URL''s query, or null';

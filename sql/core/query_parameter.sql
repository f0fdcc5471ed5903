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
  v_value := replace(v_value, '+', ' ');
  if position('%' in v_value) > 0 then
    begin
      v_value := (
        select convert_from(string_agg(
          case when t.part[1] is not null then decode(t.part[1], 'hex')
            else convert_to(t.part[2], 'UTF8') end, ''::bytea order by t.ordinal), 'UTF8')
          from regexp_matches(v_value, '%([0-9A-Fa-f]{2})|([^%]+|%)', 'g')
            with ordinality as t (part, ordinal));
    exception when character_not_in_repertoire or untranslatable_character then
      null;  -- not UTF-8 behind the percent signs: the text stays encoded
    end;
  end if;
  return core.clean_label(v_value);
end
$function$;

comment on function core.query_parameter(text, text) is 'A decoded parameter of a URL''s query, or null';

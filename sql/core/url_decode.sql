-- Percent-decoding (RFC 3986) of a part of a URL. What is not UTF-8 behind the percent signs stays
-- encoded.
create or replace function core.url_decode(p_text text)
  returns text
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if p_text is null or position('%' in p_text) = 0 then
    return p_text;
  end if;
  begin
    return (
      select convert_from(string_agg(
        case when t.part[1] is not null then decode(t.part[1], 'hex')
          else convert_to(t.part[2], 'UTF8') end, ''::bytea order by t.ordinal), 'UTF8')
        from regexp_matches(p_text, '%([0-9A-Fa-f]{2})|([^%]+|%)', 'g')
          with ordinality as t (part, ordinal));
  exception when character_not_in_repertoire or untranslatable_character then
    return p_text;
  end;
end
$function$;

comment on function core.url_decode(text) is 'A part of a URL without percent-encoding';

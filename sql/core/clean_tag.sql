-- A utm value as rules compare it: decoded, lower case, single spaces; null for the words with
-- which tools say that there is none. A plus sign is a space, but at the end (google+).
create or replace function core.clean_tag(p_value text)
  returns text
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_value text := lower(p_value);
begin
  if v_value is null or v_value ~ '^[a-z0-9_.-]+$' then
    null;
  else
    v_value := btrim(regexp_replace(
      regexp_replace(lower(core.url_decode(v_value)), '\+(?=.)', ' ', 'g'), '\s+', ' ', 'g'));
  end if;
  return case
    when v_value in ('', '(none)', '(not set)', '(direct)', '(not provided)', 'null', 'undefined')
    then null
    else v_value
  end;
end
$function$;

comment on function core.clean_tag(text) is
  'A utm value decoded and in lower case; null where it says (none), (direct) or the like';

-- How core.note_clean_text writes a text down: 128 bits of its hash.
create or replace function core.note_of_text(p_text text)
  returns text
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return ' ' || hashtextextended(p_text, 1) || '/' || hashtextextended(p_text, 2) || ' ';
end
$function$;

comment on function core.note_of_text(text) is
  'How a text is noted: 128 bits of hash, between spaces';

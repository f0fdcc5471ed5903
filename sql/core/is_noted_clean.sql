-- Asked by the guard triggers (core.note_clean_text).
create or replace function core.is_noted_clean(p_text text)
  returns boolean
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return position(
    core.note_of_text(p_text) in coalesce(current_setting('app.clean_payloads', true), '')) > 0;
end
$function$;

comment on function core.is_noted_clean(text) is
  'Whether this transaction has found exactly this text clean';

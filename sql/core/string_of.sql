-- The text of a JSON string or number, and null for anything else: `->>` would give an object's
-- whole text, with whatever is in it.
create or replace function core.string_of(p_value jsonb)
  returns text
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return case when jsonb_typeof(p_value) in ('string', 'number') then p_value #>> '{}' end;
end
$function$;

comment on function core.string_of(jsonb) is
  'A JSON string or number as text; null for anything else';

-- A provider's id as text, exactly: jsonb numbers are decimal and lose no digit beyond 2^53.
create or replace function core.read_id(p_value jsonb, p_field text)
  returns text
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_id text := p_value #>> '{}';
begin
  if v_id is null or v_id = '' then
    perform core.raise_error('missing_field', p_field);
  elsif jsonb_typeof(p_value) not in ('string', 'number') or length(v_id) > 128
    or v_id !~ '^[A-Za-z0-9_:.-]+$'
    or (jsonb_typeof(p_value) = 'number' and v_id <> translate(v_id, '.-e', ''))
  then
    perform core.raise_error('invalid_field', p_field);
  end if;
  return v_id;
end
$function$;

comment on function core.read_id(jsonb, text) is
$doc$A string or whole number of a payload as an identifier.
Raises: missing_field, invalid_field.$doc$;

-- A provider's time in Unix seconds.
create or replace function core.read_unix_time(p_value jsonb, p_field text)
  returns timestamptz
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_text text := p_value #>> '{}';
begin
  if v_text is null or v_text = '' then
    perform core.raise_error('missing_field', p_field);
  elsif jsonb_typeof(p_value) <> 'number' or length(v_text) > 20
    or v_text::numeric not between 946684800 and 4102444799  -- 2000 to 2099
  then
    perform core.raise_error('invalid_timestamp', p_field);
  end if;
  return to_timestamp(v_text::double precision);
end
$function$;

comment on function core.read_unix_time(jsonb, text) is
$doc$A time between 2000 and 2100 from a JSON number of Unix seconds.
Raises: missing_field, invalid_timestamp.$doc$;

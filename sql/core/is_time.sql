-- A time a person gives: ISO 8601 with an offset, or Z.
create or replace function core.is_time(p_text text)
  returns boolean
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return p_text ~ ('^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?'
      '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$')
    and p_text::timestamptz is not null;
exception when datetime_field_overflow or invalid_datetime_format
  or invalid_time_zone_displacement_value
then
  return false;
end
$function$;

comment on function core.is_time(text) is
  'Whether a text is a time with an offset that the server can read';

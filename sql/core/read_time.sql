-- A provider's time: an ISO 8601 text with its offset. A text without offset is read in p_zone,
-- which the caller gives where the provider documents one; else it is refused, not guessed.
create or replace function core.read_time(p_value jsonb, p_field text, p_zone text default null)
  returns timestamptz
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_text text := p_value #>> '{}';
  v_time timestamptz;
begin
  if v_text is null or v_text = '' then
    perform core.raise_error('missing_field', p_field);
  end if;
  begin
    if jsonb_typeof(p_value) = 'string'
      and v_text ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$'
    then
      if translate(substring(v_text from 11), 'Z+-', '') <> substring(v_text from 11) then
        v_time := v_text::timestamptz;
      elsif p_zone is not null then
        v_time := v_text::timestamp at time zone p_zone;
      end if;
    end if;
  exception when datetime_field_overflow or invalid_datetime_format
    or invalid_time_zone_displacement_value
  then
    v_time := null;
  end;
  if v_time is null or v_time < '2000-01-01 00:00:00+00' or v_time >= '2100-01-01 00:00:00+00' then
    perform core.raise_error('invalid_timestamp', p_field);
  end if;
  return v_time;
end
$function$;

comment on function core.read_time(jsonb, text, text) is
$doc$A time between 2000 and 2100 from an ISO 8601 text.
Raises: missing_field, invalid_timestamp.$doc$;

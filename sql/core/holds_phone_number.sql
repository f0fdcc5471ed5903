-- Groups of digits that begin like a telephone number; a date or a count may follow it. A number
-- has 8 to 15 digits (ITU-T E.164), so every number of groups from the first on is tried.
create or replace function core.holds_phone_number(p_run text)
  returns boolean
  language sql
  immutable
  strict
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  with groups as (
    select regexp_split_to_array(p_run, '[^0-9]+') as digits
  )
  select exists (
    select
      from groups as g
      cross join generate_series(1, least(cardinality(g.digits), 12)) as last
     where length(array_to_string(g.digits[1:last], '')) between 8 and 15)
$function$;

comment on function core.holds_phone_number(text) is
  'Whether the first groups of these digits have the length of a telephone number';

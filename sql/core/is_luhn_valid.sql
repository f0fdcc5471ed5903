-- The check digit of payment card numbers (ISO/IEC 7812-1, annex B).
create or replace function core.is_luhn_valid(p_digits text)
  returns boolean
  language sql
  immutable
  strict
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select sum(
    case when i % 2 = 1 then d.digit else d.digit * 2 - case when d.digit > 4 then 9 else 0 end end
  ) % 10 = 0
  from generate_series(1, length(p_digits)) as i
  cross join lateral (
    select substring(p_digits from length(p_digits) + 1 - i for 1)::integer as digit
  ) as d
$function$;

comment on function core.is_luhn_valid(text) is
  'Whether these digits end in a valid Luhn check digit';

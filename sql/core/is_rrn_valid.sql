-- The check digit of a Korean resident registration number: weights 2 to 9 and 2 to 5, then 11
-- minus the sum modulo 11, modulo 10; and its first six digits are a date.
create or replace function core.is_rrn_valid(p_digits text)
  returns boolean
  language sql
  immutable
  strict
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select p_digits ~ '^[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[1-4][0-9]{6}$'
    and (11 - (
      select sum(substring(p_digits from i for 1)::integer * ((i - 1) % 8 + 2))
        from generate_series(1, 12) as i) % 11) % 10
      = right(p_digits, 1)::integer
$function$;

comment on function core.is_rrn_valid(text) is
  'Whether 13 digits form a Korean resident registration number';

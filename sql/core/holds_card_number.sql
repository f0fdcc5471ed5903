-- Groups of digits, apart by blanks or dashes: a date, a quantity or a security code may stand beside
-- the card number. So every run of whole groups is tried: it begins as a card scheme's numbers of that
-- length do (ISO/IEC 7812-1; so no compact time is one) and ends in a valid check digit.
create or replace function core.holds_card_number(p_run text)
  returns boolean
  language sql
  immutable
  strict
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  with groups as (
    select regexp_split_to_array(p_run, '[ \u00a0-]+') as digits
  ),
  runs as (
    select array_to_string(g.digits[first:last], '') as digits
      from groups as g
      cross join generate_series(1, cardinality(g.digits)) as first
      cross join generate_series(first, least(first + 6, cardinality(g.digits))) as last
  )
  select p_run !~ '^[0-9]{8}(-[0-9]{4}){3}-[0-9]{12}$'  -- a UUID of digits only
    and exists (
    select from runs as r
     where r.digits ~ ('^(4[0-9]{12}|3(0[0-5]|[689][0-9])[0-9]{11}|3[47][0-9]{13}'
         '|(35|2[2-7]|[456][0-9])[0-9]{14}|(5[0678]|6[0-9])[0-9]{15,17})$')
       and core.is_luhn_valid(r.digits))
$function$;

comment on function core.holds_card_number(text) is 'Whether whole groups of these digits form a payment card number';

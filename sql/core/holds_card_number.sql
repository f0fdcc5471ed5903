-- Groups of digits, apart by blanks or dashes: a date, a quantity or a security code may stand
-- beside the card number. So every run of up to six whole groups is tried: it begins as a card
-- scheme's numbers of that length do (ISO/IEC 7812-1; so no compact time is one) and its check
-- digit holds.
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
    select g.digits as d1, lead(g.digits, 1) over w as d2, lead(g.digits, 2) over w as d3,
      lead(g.digits, 3) over w as d4, lead(g.digits, 4) over w as d5, lead(g.digits, 5) over w as d6
      from regexp_split_to_table(p_run, '[ \u00a0-]+') with ordinality as g (digits, ordinal)
    window w as (order by g.ordinal)
  ),
  runs as (
    select unnest(array[
        d1, d1 || d2, d1 || d2 || d3, d1 || d2 || d3 || d4, d1 || d2 || d3 || d4 || d5,
        d1 || d2 || d3 || d4 || d5 || d6]) as digits
      from groups
  )
  select p_run !~ '^[0-9]{8}(-[0-9]{4}){3}-[0-9]{12}$'  -- a UUID of digits only
    and exists (
      select
        from runs as r
       where length(r.digits) between 13 and 19
         and r.digits ~ ('^(4[0-9]{12}|3(0[0-5]|[689][0-9])[0-9]{11}|3[47][0-9]{13}'
           '|(35|2[2-7]|[456][0-9])[0-9]{14}|(5[0678]|6[0-9])[0-9]{15,17})$')
         and core.is_luhn_valid(r.digits))
$function$;

comment on function core.holds_card_number(text) is
  'Whether whole groups of these digits form a payment card number';

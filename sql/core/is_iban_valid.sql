-- The check digits of an IBAN (ISO 13616): moved to the end and letters read as 10 to 35, the whole
-- is 1 modulo 97.
create or replace function core.is_iban_valid(p_iban text)
  returns boolean
  language sql
  immutable
  strict
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select string_agg(
    case when t.letter ~ '[A-Z]' then (ascii(t.letter) - 55)::text else t.letter end, ''
    order by t.ordinal)::numeric % 97 = 1
  from regexp_split_to_table(substring(p_iban from 5) || left(p_iban, 4), '')
    with ordinality as t (letter, ordinal)
$function$;

comment on function core.is_iban_valid(text) is
  'Whether this IBAN, upper case without blanks, passes modulo 97';

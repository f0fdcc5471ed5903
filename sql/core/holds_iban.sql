-- Groups of capitals and digits that begin like an IBAN; words may follow it. So every number of
-- groups from the first on is tried.
create or replace function core.holds_iban(p_run text)
  returns boolean
  language sql
  immutable
  strict
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  with groups as (
    select regexp_split_to_array(p_run, '[ -]') as parts
  ),
  runs as (
    select array_to_string(g.parts[1:last], '') as iban
      from groups as g
      cross join generate_series(1, least(cardinality(g.parts), 12)) as last
  )
  select exists (
    select from runs as r where length(r.iban) between 15 and 34 and core.is_iban_valid(r.iban))
$function$;

comment on function core.holds_iban(text) is
  'Whether this text begins with a valid IBAN, compact or in groups';

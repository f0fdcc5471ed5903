-- The patterns of a channel rule as LIKE reads them. Of all matching it is the kind that no pattern
-- can make slow: a few times the length of the text at worst.
create or replace function core.like_patterns(p_patterns text[])
  returns text[]
  language sql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select array_agg(
      replace(replace(replace(replace(p.pattern, '\', '\\'), '%', '\%'), '_', '\_'), '*', '%')
      order by p.ordinal)
    from unnest(p_patterns) with ordinality as p (pattern, ordinal)
$function$;

comment on function core.like_patterns(text[]) is
  'Patterns in which * is any text, for LIKE; null for null';

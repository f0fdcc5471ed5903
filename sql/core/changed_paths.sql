-- Where a redaction changed something, as key paths: enough for a person to find it, and no value.
-- A key that is itself personal data shows as [key].
create or replace function core.changed_paths(p_before jsonb, p_after jsonb)
  returns text
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  with recursive pairs as (
    select '' as path, p_before as before, p_after as after
    union all
    select
      ltrim(p.path || '.' || coalesce(core.clean_label(m.key), '[key]'), '.'), m.before, m.after
      from pairs as p
      cross join lateral (
        select o.key, o.value as before, p.after -> o.key as after
          from jsonb_each(
            case jsonb_typeof(p.before) when 'object' then p.before else '{}' end) as o
        union all
        select (a.ordinal - 1)::text, a.value, p.after -> (a.ordinal - 1)::integer
          from jsonb_array_elements(
            case jsonb_typeof(p.before) when 'array' then p.before else '[]' end)
            with ordinality as a (value, ordinal)
      ) as m
     where m.before is distinct from m.after
  )
  select string_agg(c.path, ', ' order by c.path)
    from (
      select p.path
        from pairs as p
       where p.path <> '' and jsonb_typeof(p.before) not in ('object', 'array')
       order by p.path
       limit 10
    ) as c
$function$;

comment on function core.changed_paths(jsonb, jsonb) is
  'The first ten paths whose scalar values differ, comma-separated';

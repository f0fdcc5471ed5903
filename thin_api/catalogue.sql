-- Everything the schemas core and api consist of, one line of text per fact: (object, fact).
-- Runs with search_path = pg_catalog, so that every name of ours is printed with its schema.
with
ours as (
  select oid, nspname, nspowner, nspacl from pg_namespace where nspname in ('core', 'api')
),
relations as (
  select c.*, format('%I.%I', n.nspname, c.relname) as name,
    case c.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view'
      when 'm' then 'materialized view' when 'S' then 'sequence' when 'c' then 'type'
      else 'relation' end as kind
  from pg_class c join ours n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'S', 'c', 'f')
),
functions as (
  select p.*, format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name
  from pg_proc p join ours n on n.oid = p.pronamespace
),
types as (
  select t.*, format('%I.%I', n.nspname, t.typname) as name
  from pg_type t join ours n on n.oid = t.typnamespace
  where t.typtype in ('e', 'd', 'r')
),
grants (object, acl) as (
  select 'schema ' || nspname, coalesce(nspacl, acldefault('n', nspowner)) from ours
  union all
  select kind || ' ' || name,
    coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))
  from relations where relkind <> 'c'
  union all
  select format('column %s.%I', r.name, a.attname), a.attacl
  from relations r join pg_attribute a on a.attrelid = r.oid
  where a.attacl is not null and not a.attisdropped
  union all
  select 'function ' || name, coalesce(proacl, acldefault('f', proowner)) from functions
  union all
  select 'type ' || name, coalesce(typacl, acldefault('T', typowner)) from types
  union all
  select format('default privileges of %s for %s%s', pg_get_userbyid(d.defaclrole),
      case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
        when 'T' then 'types' else 'schemas' end,
      coalesce(' in ' || n.nspname, '')),
    d.defaclacl
  from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
  where pg_get_userbyid(d.defaclrole) in ('hookledger_owner', 'hookledger_operator')
),
comments (object, description) as (
  select 'schema ' || nspname, obj_description(oid, 'pg_namespace') from ours
  union all
  select kind || ' ' || name, obj_description(oid, 'pg_class') from relations
  union all
  select format('column %s.%I', r.name, a.attname), col_description(r.oid, a.attnum)
  from relations r join pg_attribute a on a.attrelid = r.oid where a.attnum > 0
  union all
  select 'function ' || name, obj_description(oid, 'pg_proc') from functions
  union all
  select 'type ' || name, obj_description(oid, 'pg_type') from types
  union all
  select format('constraint %I on %s', k.conname, r.name), obj_description(k.oid, 'pg_constraint')
  from pg_constraint k join relations r on r.oid = k.conrelid
  union all
  select format('index %I on %s', i.relname, r.name), obj_description(i.oid, 'pg_class')
  from pg_index x join pg_class i on i.oid = x.indexrelid join relations r on r.oid = x.indrelid
  union all
  select format('trigger %I on %s', t.tgname, r.name), obj_description(t.oid, 'pg_trigger')
  from pg_trigger t join relations r on r.oid = t.tgrelid
  union all
  select format('policy %I on %s', p.polname, r.name), obj_description(p.oid, 'pg_policy')
  from pg_policy p join relations r on r.oid = p.polrelid
)
select object, 'comment: ' || description from comments where description is not null
union all
select g.object, format('grant: %s to %s%s', e.privilege_type,
  case when e.grantee = 0 then 'public' else pg_get_userbyid(e.grantee) end,
  case when e.is_grantable then ' with grant option' else '' end)
from grants g, aclexplode(g.acl) e
union all
select 'schema ' || nspname, 'owner: ' || pg_get_userbyid(nspowner) from ours
union all
select kind || ' ' || name, format('owner: %s; row security: %s, forced: %s; options: %s',
  pg_get_userbyid(relowner), relrowsecurity, relforcerowsecurity, reloptions)
from relations
union all
select kind || ' ' || name, 'definition: ' || pg_get_viewdef(oid) from relations where relkind in ('v', 'm')
union all
select format('column %s.%I', r.name, a.attname), format('%s%s%s%s',
  format_type(a.atttypid, a.atttypmod),
  case when a.attnotnull then ' not null' else '' end,
  case a.attgenerated when '' then ' default ' else ' generated ' end || pg_get_expr(d.adbin, d.adrelid),
  case a.attidentity when '' then '' else ' identity ' || a.attidentity::text end)
from relations r
join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
union all
select format('constraint %I on %s', k.conname, r.name), pg_get_constraintdef(k.oid)
from pg_constraint k join relations r on r.oid = k.conrelid
union all
select format('index %I on %s', i.relname, r.name), pg_get_indexdef(i.oid)
from pg_index x join pg_class i on i.oid = x.indexrelid join relations r on r.oid = x.indrelid
union all
select 'function ' || name, 'owner: ' || pg_get_userbyid(proowner) from functions
union all
select 'function ' || name, 'definition: ' || pg_get_functiondef(oid) from functions where prokind <> 'a'
union all
select format('trigger %I on %s', t.tgname, r.name),
  format('%s; enabled: %s', pg_get_triggerdef(t.oid), t.tgenabled)
from pg_trigger t join relations r on r.oid = t.tgrelid where not t.tgisinternal
union all
select format('policy %I on %s', p.polname, r.name),
  format('%s for %s to %s using (%s) with check (%s)',
    case when p.polpermissive then 'permissive' else 'restrictive' end, p.polcmd,
    (select string_agg(case when u = 0 then 'public' else pg_get_userbyid(u) end, ', ' order by u)
     from unnest(p.polroles) u),
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
from pg_policy p join relations r on r.oid = p.polrelid
union all
select 'type ' || name, format('owner: %s; %s', pg_get_userbyid(typowner),
  case typtype
    when 'e' then (select string_agg(quote_literal(enumlabel), ', ' order by enumsortorder)
      from pg_enum where enumtypid = types.oid)
    when 'd' then format_type(typbasetype, typtypmod) || coalesce(' ' || (
      select string_agg(pg_get_constraintdef(oid), ' ' order by conname)
      from pg_constraint where contypid = types.oid), '')
    else 'range' end)
from types
order by 1, 2

-- What holds for every view. Row-level security stands behind it, but a view says itself whose rows
-- it shows.
begin;
select plan(5);

create temp view views as
  select c.oid, c.relname, c.relkind, c.relnamespace, coalesce(c.reloptions, '{}') as options,
    pg_get_viewdef(c.oid) as query
    from pg_class as c
   where c.relnamespace in ('core'::regnamespace, 'api'::regnamespace) and c.relkind in ('v', 'm');

-- The tables that a view reads, each of its columns counted.
create temp view sources as
  select v.relname as view_name, t.oid as table_oid, t.relname as table_name,
    a.attname as column_name
    from views as v
    join pg_rewrite as r on r.ev_class = v.oid
    join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
      and d.refclassid = 'pg_class'::regclass
    join pg_class as t on t.oid = d.refobjid and t.oid <> v.oid
    left join pg_attribute as a on a.attrelid = t.oid and a.attnum = d.refobjsubid
      and d.refobjsubid > 0;

select cmp_ok((select count(*) from views), '>=', 3::bigint, 'the sweeps see the views');
select is_empty(
  $$ select relname from views
      where relnamespace = 'api'::regnamespace and not 'security_barrier=true' = any (options) $$,
  'every view of api is a security barrier: a reader''s own filter sees its rows only');
select is_empty(
  $$ select relname, option from views, unnest(options) as option
      where option like 'security_invoker%'
        and option not in ('security_invoker=false', 'security_invoker=off') $$,
  'no view reads with the rights of its caller, who has none');
select is_empty(
  $$ select relname from views
      where relnamespace = 'api'::regnamespace
        and query !~ 'tenant_id = \( SELECT core\.current_tenant\(\)' $$,
  'every view of api says itself that it shows the current tenant''s rows');
select is_empty(
  $$ select distinct s.view_name, s.table_name
       from sources as s
       join pg_attribute as a on a.attrelid = s.table_oid and a.attname = 'tenant_id'
         and not a.attisdropped
      where not exists (
        select from sources as o
         where o.view_name = s.view_name and o.table_oid = s.table_oid
           and o.column_name = 'tenant_id') $$,
  'every view names the tenant_id of every tenant table it reads');

select * from finish();
rollback;

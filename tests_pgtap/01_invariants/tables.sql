-- What holds for every table, whoever adds it. Each sweep asks the catalogue for the offenders.
begin;
select plan(21);

create temp table shared_tables (table_name) as values
  ('alembic_version'),                -- which revision this database is at
  ('sql_files'),                      -- which text of sql/ it runs
  ('currencies'),                     -- ISO 4217
  ('provider_currency_exponents'),    -- where a provider counts otherwise
  ('channel_taxonomy'),               -- every channel there is
  ('channel_sources'),                -- what kind of site a source is
  ('default_channel_rules');          -- which channel a touch belongs to, for every tenant

create temp view tables as
  select
    c.oid, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
    exists (
      select from pg_attribute as a
       where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as has_tenant
  from pg_class as c
  where c.relnamespace = 'core'::regnamespace and c.relkind in ('r', 'p', 'f');

create temp view tenant_indexes as
  select i.*, t.relname, x.relname as index_name
    from pg_index as i
    join pg_class as t on t.oid = i.indrelid
    join pg_class as x on x.oid = i.indexrelid
   where t.relnamespace = 'core'::regnamespace
     and exists (
       select from pg_attribute as a
        where a.attrelid = t.oid and a.attname = 'tenant_id' and not a.attisdropped);

create temp view foreign_keys as
  select
    k.conname, k.conrelid::regclass as table_name, k.confdeltype,
    f.has_tenant as from_tenant, t.has_tenant as to_tenant,
    (select a.attname from pg_attribute as a where a.attrelid = k.conrelid
      and a.attnum = k.conkey[1]) as first_column,
    (select a.attname from pg_attribute as a where a.attrelid = k.confrelid
      and a.attnum = k.confkey[1]) as refers_to
  from pg_constraint as k
  join tables as f on f.oid = k.conrelid
  join tables as t on t.oid = k.confrelid
  where k.contype = 'f';

-- A sweep over nothing would pass.
select cmp_ok(
  (select count(*) from tables where has_tenant), '>=', 7::bigint,
  'the sweeps see the tenant tables');
select cmp_ok(
  (select count(*) from tenant_indexes), '>=', 9::bigint,
  'the sweeps see the indexes of tenant tables');
select cmp_ok(
  (select count(*) from foreign_keys where from_tenant), '>=', 2::bigint,
  'the sweeps see the foreign keys of tenant tables');

-- Where things are
select is_empty(
  $$ select n.nspname, c.relname
       from pg_class as c
       join pg_namespace as n on n.oid = c.relnamespace
      where pg_get_userbyid(c.relowner) in ('hookledger_owner', 'hookledger_operator')
        and n.nspname not in ('core', 'api', 'pg_toast') $$,
  'no table, view or sequence of Hookledger is outside core and api');
select is_empty(
  $$ select c.oid::regclass, c.relowner::regrole from pg_class as c
      where c.relnamespace in ('core'::regnamespace, 'api'::regnamespace)
        and c.relowner <> 'hookledger_owner'::regrole $$,
  'every table, view and index of core and api belongs to the owner');
select is_empty(
  $$ select t.typname, t.typowner::regrole from pg_type as t
      where t.typnamespace in ('core'::regnamespace, 'api'::regnamespace)
        and t.typowner <> 'hookledger_owner'::regrole
     union all
     select n.nspname, n.nspowner::regrole from pg_namespace as n
      where n.nspname in ('core', 'api') and n.nspowner <> 'hookledger_owner'::regrole $$,
  'so does every type, and so do both schemas');
select is_empty(
  $$ select relname from pg_class where relnamespace = 'api'::regnamespace and relkind <> 'v' $$,
  'api holds no relation but views');

-- Row-level security
select set_eq(
  $$ select relname::text from tables where not has_tenant $$,
  $$ select table_name from shared_tables $$,
  'a table without tenant_id is one of the listed shared tables');
select is_empty(
  $$ select relname from tables where has_tenant and not relrowsecurity $$,
  'row-level security is enabled on every tenant table');
select is_empty(
  $$ select relname from tables where has_tenant and not relforcerowsecurity $$,
  'row-level security is forced on every tenant table');
select is_empty(
  $$ select a.attrelid::regclass
       from pg_attribute as a
       join tables as t on t.oid = a.attrelid
      where a.attname = 'tenant_id' and (a.atttypid <> 'uuid'::regtype or not a.attnotnull) $$,
  'every tenant_id is a uuid and not null');

-- Keys that can be distributed by tenant
select is_empty(
  $$ select relname from tables as t
      where not exists (select from pg_index as i where i.indrelid = t.oid and i.indisprimary) $$,
  'every table has a primary key');
select is_empty(
  $$ select relname, index_name from tenant_indexes as i
      where i.indkey[0] is distinct from (
        select a.attnum from pg_attribute as a where a.attrelid = i.indrelid
          and a.attname = 'tenant_id') $$,
  'tenant_id is first in every primary key, unique constraint and index of a tenant table');
select is_empty(
  $$ select conname from foreign_keys
      where from_tenant and to_tenant
        and (first_column <> 'tenant_id' or refers_to <> 'tenant_id') $$,
  'tenant_id is first in every foreign key between tenant tables');
select is_empty(
  $$ select conname from foreign_keys where to_tenant and not from_tenant $$,
  'no shared table refers to a tenant table');
select is_empty(
  $$ select conname from foreign_keys where confdeltype in ('n', 'd') $$,
  'no foreign key sets a column when what it refers to is deleted');
select is_empty(
  $$ select c.relname from pg_class as c
      where c.relnamespace in ('core'::regnamespace, 'api'::regnamespace) and c.relkind = 'S' $$,
  'there is no sequence');
select is_empty(
  $$ select a.attrelid::regclass, a.attname from pg_attribute as a
       join tables as t on t.oid = a.attrelid
      where a.attidentity <> '' $$,
  'no key is an identity column');

-- Comments
select is_empty(
  $$ select n.nspname from pg_namespace as n
      where n.nspname in ('core', 'api') and obj_description(n.oid, 'pg_namespace') is null $$,
  'every schema is commented');
select is_empty(
  $$ select c.oid::regclass from pg_class as c
      where c.relnamespace in ('core'::regnamespace, 'api'::regnamespace)
        and c.relkind in ('r', 'p', 'f', 'v', 'm')
          and obj_description(c.oid, 'pg_class') is null $$,
  'every table and view is commented');
select is_empty(
  $$ select t.typname from pg_type as t
       left join pg_class as c on c.oid = t.typrelid
      where t.typnamespace in ('core'::regnamespace, 'api'::regnamespace)
        and (t.typtype in ('d', 'e') or c.relkind = 'c')
          and obj_description(t.oid, 'pg_type') is null $$,
  'every type is commented');

select * from finish();
rollback;

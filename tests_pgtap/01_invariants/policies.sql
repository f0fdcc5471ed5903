-- Who gets past row-level security, and how far.
begin;
select plan(8);

create temp view policies as
  select *, c.oid as table_oid
    from pg_policies as p
    join pg_class as c on c.relname = p.tablename and c.relnamespace = p.schemaname::regnamespace
   where p.schemaname in ('core', 'api');

create temp view tenant_tables as
  select c.oid, c.relname
    from pg_class as c
    join pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
   where c.relnamespace = 'core'::regnamespace and c.relkind in ('r', 'p', 'f');

-- The owner, as which the functions run, sees the tenant that is set. One wording everywhere, so
-- that a policy that says it otherwise stands out.
select set_eq(
  $$ select relname::text from tenant_tables $$,
  $$ select tablename::text from policies
      where roles = array['hookledger_owner'::name] and cmd = 'ALL' and permissive = 'PERMISSIVE'
        and qual = '(tenant_id = ( SELECT core.current_tenant() AS current_tenant))'
        and with_check = qual $$,
  'every tenant table lets the owner see and write the current tenant''s rows');
select is_empty(
  $$ select tablename, policyname from policies
      where 'hookledger_owner' = any (roles) and (cmd <> 'ALL' or cardinality(roles) > 1) $$,
  'the owner has no other policy');

-- The operator sees across tenants. Each such policy is named here with its reason.
select set_eq(
  $$ select tablename::text, policyname::text, cmd, qual, with_check from policies
      where 'hookledger_operator' = any (roles) $$,
  $$ values
    -- api.find_endpoint: a URL names an endpoint, not its tenant
    ('webhook_endpoints', 'webhook_endpoints_select_operator', 'SELECT', 'true', null),
    -- api.bind_reader: is there such a tenant?
    ('tenants', 'tenants_select_operator', 'SELECT', 'true', null),
    -- api.tenants_with_due_jobs: whose turn is it?
    ('jobs', 'jobs_select_operator', 'SELECT', 'true', null),
    -- core.bound_tenant: whose login is this? api.bind_reader: is it bound elsewhere?
    ('tenant_logins', 'tenant_logins_select_operator', 'SELECT', 'true', null),
    -- api.refresh_allocation_summary sums up every tenant's days
    ('allocation_day_sums', 'allocation_day_sums_select_operator', 'SELECT', 'true', null),
    -- api.bind_reader binds to the tenant it is called for, and no other
    ('tenant_logins', 'tenant_logins_insert_operator', 'INSERT', null,
      '(tenant_id = ( SELECT core.current_tenant() AS current_tenant))'),
    -- core.open_llm_circuits: how many, of all tenants together?
    ('llm_circuits', 'llm_circuits_select_operator', 'SELECT', 'true', null) $$,
  'the operator has exactly the listed policies');
select is_empty(
  $$ select tablename, policyname, roles from policies
      where not roles <@ array['hookledger_owner', 'hookledger_operator']::name[] $$,
  'no policy lets in anybody but owner and operator');
select is_empty(
  $$ select tablename, policyname from policies where permissive <> 'PERMISSIVE' $$,
  'no policy is restrictive');
select is_empty(
  $$ select tablename, policyname from policies
      where cardinality(roles) <> 1
         or policyname <> format('%s_%s_%s', tablename, lower(cmd),
           replace(roles[1], 'hookledger_', '')) $$,
  'every policy is for one role and is named <table>_<command>_<who>');

-- A policy without a grant would be idle, a grant without a policy blind.
select set_eq(
  $$ select c.relname::text, a.privilege_type, null
       from pg_class as c
      cross join aclexplode(c.relacl) as a
      where c.relnamespace in ('core'::regnamespace, 'api'::regnamespace)
        and c.relowner <> a.grantee
        and a.grantee = 'hookledger_operator'::regrole
     union all
     select t.attrelid::regclass::text, a.privilege_type, t.attname
       from pg_attribute as t
       join pg_class as c on c.oid = t.attrelid
      cross join aclexplode(t.attacl) as a
      where c.relnamespace in ('core'::regnamespace, 'api'::regnamespace)
        and a.grantee = 'hookledger_operator'::regrole $$,
  $$ values
    ('webhook_endpoints', 'SELECT', null),
    ('tenant_logins', 'SELECT', null),
    ('tenant_logins', 'INSERT', null),
    ('allocation_day_sums', 'SELECT', null),
    ('summary_refreshes', 'SELECT', null),
    ('summary_refreshes', 'INSERT', null),
    ('summary_refreshes', 'UPDATE', null),
    ('core.tenants', 'SELECT', 'tenant_id'),
    -- when and in which queue, not what
    ('core.jobs', 'SELECT', 'tenant_id'), ('core.jobs', 'SELECT', 'job_id'),
    ('core.jobs', 'SELECT', 'queue'), ('core.jobs', 'SELECT', 'status'),
    ('core.jobs', 'SELECT', 'run_at'), ('core.jobs', 'SELECT', 'leased_until'),
    ('core.jobs', 'SELECT', 'started_at'), ('core.jobs', 'SELECT', 'finished_at'),
    ('core.llm_circuits', 'SELECT', 'tenant_id'),
    ('core.llm_circuits', 'SELECT', 'open_until') $$,
  'the operator has exactly the listed rights on tables');
select is_empty(
  $$ select relname from tenant_tables as t
      where not exists (select from policies as p where p.table_oid = t.oid) $$,
  'no tenant table is without a policy');

select * from finish();
rollback;

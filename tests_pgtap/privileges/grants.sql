-- Exactly what each role may use, from the catalogue: a grant too many or too few shows here.
begin;
select plan(10);

create temp view callers (name) as
  values ('hookledger_shim'), ('hookledger_worker'), ('hookledger_dba'), ('hookledger_reader');

create temp view callable as
  select c.name as role_name, n.nspname, p.oid::regprocedure::text as signature
    from pg_proc as p
    join pg_namespace as n on n.oid = p.pronamespace
   cross join callers as c
   where n.nspname in ('core', 'api') and has_function_privilege(c.name, p.oid, 'execute');

-- Rights on relations, whole or by column, of anybody but who owns them.
create temp view relation_grants as
  select c.oid::regclass::text as relation, c.relkind,
    pg_get_userbyid(a.grantee)::text as role_name, a.privilege_type
    from pg_class as c
   cross join aclexplode(c.relacl) as a
   where c.relnamespace in ('core'::regnamespace, 'api'::regnamespace) and a.grantee <> c.relowner
   union all
  select c.oid::regclass::text, c.relkind, pg_get_userbyid(a.grantee)::text,
    a.privilege_type || ' ' || t.attname
    from pg_class as c
    join pg_attribute as t on t.attrelid = c.oid
   cross join aclexplode(t.attacl) as a
   where c.relnamespace in ('core'::regnamespace, 'api'::regnamespace);

select results_eq(
  $$ select signature from callable where role_name = 'hookledger_shim'
    order by signature collate "C" $$,
  array[
    'api.find_endpoint(uuid)', 'api.health()', 'api.ingest_webhook(uuid,uuid,jsonb,bytea,text)',
    'api.ingest_webhooks(uuid,uuid[],jsonb[],bytea[],text[])'],
  'the shim may find an endpoint, ingest and ask for health');
select results_eq(
  $$ select signature from callable where role_name = 'hookledger_worker'
    order by signature collate "C" $$,
  array[
    'api.extend_job_lease(uuid,uuid,uuid,interval)', 'api.health()',
    'api.lease_next_job(uuid,text[],interval,text)',
    'api.release_leased_job(uuid,uuid,uuid,text)', 'api.run_leased_job(uuid,uuid,uuid)',
    'api.run_next_job(uuid,text[])', 'api.tenants_with_due_jobs(text[],integer)',
    'core.bound_tenant()', 'core.current_tenant()'],
  'the worker may run jobs, ask for health and whose events it reads');
select results_eq(
  $$ select signature from callable where role_name = 'hookledger_dba' and nspname = 'api'
      order by signature collate "C" $$,
  array[
    'api.bind_reader(uuid,text)', 'api.create_endpoint(uuid,text,text[],jsonb)',
    'api.create_tenant(text)', 'api.drop_channel_rule(uuid,text)',
    'api.explain_channel(uuid,uuid)', 'api.extend_job_lease(uuid,uuid,uuid,interval)',
    'api.find_endpoint(uuid)', 'api.give_up_failed_job(uuid,uuid,text)', 'api.health()',
    'api.ingest_webhook(uuid,uuid,jsonb,bytea,text)',
    'api.ingest_webhooks(uuid,uuid[],jsonb[],bytea[],text[])',
    'api.lease_next_job(uuid,text[],interval,text)',
    'api.reconcile(uuid,text,tstzrange,jsonb)',
    'api.release_leased_job(uuid,uuid,uuid,text)',
    'api.repair_from_reconciliation(uuid,uuid,integer,boolean)',
    'api.retry_failed_job(uuid,uuid)',
    'api.rotate_endpoint_secrets(uuid,uuid,text[])', 'api.run_leased_job(uuid,uuid,uuid)',
    'api.run_next_job(uuid,text[])', 'api.set_channel_rule(uuid,text,text,jsonb,integer)',
    'api.tenants_with_due_jobs(text[],integer)',
    'api.unmapped_channels(uuid,timestamp with time zone,timestamp with time zone,integer)'],
  'a DBA may use every operation');
select is_empty(
  $$ select signature from callable where role_name = 'hookledger_reader' and nspname = 'api' $$,
  'a reader may call no function of api');
select set_eq(
  $$ select role_name, signature from callable where nspname = 'core' $$,
  $$ values
    -- what the api views ask
    ('hookledger_dba', 'core.current_tenant()'),
    ('hookledger_dba', 'core.bound_tenant()'),
    ('hookledger_worker', 'core.current_tenant()'),
    ('hookledger_worker', 'core.bound_tenant()'),
    ('hookledger_reader', 'core.current_tenant()'),
    ('hookledger_reader', 'core.bound_tenant()') $$,
  'of core callers may only execute what the views need');

select is_empty(
  $$ select name from callers where has_schema_privilege(name, 'core', 'usage')
         or has_schema_privilege(name, 'core', 'create')
           or has_schema_privilege(name, 'api', 'create') $$,
  'no caller may name what is in core, or create anything');
select is_empty(
  $$ select name from callers where not has_schema_privilege(name, 'api', 'usage') $$,
  'every caller may name what is in api');
select is_empty(
  $$ select relation, role_name, privilege_type from relation_grants
      where relkind <> 'v' and role_name <> 'hookledger_operator' $$,
  'no caller has any right on a table, or on a column of one');
select set_eq(
  $$ select relation, role_name, privilege_type from relation_grants where relkind = 'v' $$,
  $$ select v.relation, r.role_name, 'SELECT'
       from unnest(array['api.events', 'api.objects', 'api.revenue', 'api.dead_events',
         'api.jobs', 'api.worker_failed_jobs', 'api.reconciliation_runs',
         'api.reconciliation_items', 'api.channel_rules']) as v (relation)
      cross join unnest(array['hookledger_dba', 'hookledger_reader']) as r (role_name)
      union all
     values ('api.events', 'hookledger_worker', 'SELECT') $$,
  'DBAs and readers may select from the views, the worker from events, and nobody may do more');
select is_empty(
  $$ select c.relname, a.privilege_type from pg_class as c
      cross join aclexplode(c.relacl) as a
      where c.oid in ('core.attribution_events'::regclass, 'core.revenue_ledger'::regclass)
        and a.grantee = c.relowner and a.privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE') $$,
  'the owner itself may not change events and ledger');

select * from finish();
rollback;

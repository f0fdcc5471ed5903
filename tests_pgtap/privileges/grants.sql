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
    'api.find_endpoint(uuid)', 'api.find_llm_keys(uuid)', 'api.health()',
    'api.ingest_webhook(uuid,uuid,jsonb,bytea,text)',
    'api.ingest_webhooks(uuid,uuid[],jsonb[],bytea[],text[])', 'api.release_llm_call(uuid,text)',
    'api.reserve_llm_call(uuid,text,text,bigint,bigint,interval,text,text)',
    'api.settle_llm_call(uuid,text,bigint,bigint)'],
  'the shim may find an endpoint, ingest, keep account of model calls and ask for health');
select results_eq(
  $$ select signature from callable where role_name = 'hookledger_worker'
    order by signature collate "C" $$,
  array[
    'api.extend_job_lease(uuid,uuid,uuid,interval)', 'api.health()',
    'api.lease_next_job(uuid,text[],interval,text)', 'api.release_leased_job(uuid,uuid,uuid,text)',
    'api.release_llm_call(uuid,text)',
    'api.reserve_llm_call(uuid,text,text,bigint,bigint,interval,text,text)',
    'api.run_leased_job(uuid,uuid,uuid)', 'api.run_next_job(uuid,text[])',
    'api.settle_llm_call(uuid,text,bigint,bigint)', 'api.tenants_with_due_jobs(text[],integer)',
    'core.bound_tenant()', 'core.current_tenant()'],
  'the worker may run jobs, keep account of model calls, ask for health and whose events it reads');
select results_eq(
  $$ select signature from callable where role_name = 'hookledger_dba' and nspname = 'api'
      order by signature collate "C" $$,
  array[
    'api.bind_reader(uuid,text)', 'api.change_endpoint_settings(uuid,uuid,jsonb)',
    'api.create_endpoint(uuid,text,text[],jsonb)', 'api.create_llm_key(uuid)',
    'api.create_tenant(text)', 'api.discard_dead_event(uuid,uuid,text)',
    'api.drop_channel_rule(uuid,text)', 'api.explain_channel(uuid,uuid)',
    'api.extend_job_lease(uuid,uuid,uuid,interval)', 'api.find_endpoint(uuid)',
    'api.give_up_failed_job(uuid,uuid,text)', 'api.health()',
    'api.ingest_webhook(uuid,uuid,jsonb,bytea,text)',
    'api.ingest_webhooks(uuid,uuid[],jsonb[],bytea[],text[])',
    'api.lease_next_job(uuid,text[],interval,text)', 'api.llm_budgets(uuid)',
    'api.recompute_window(uuid,timestamp with time zone,timestamp with time zone,text,integer)',
    'api.reconcile(uuid,text,tstzrange,jsonb)', 'api.refresh_allocation_summary()',
    'api.release_leased_job(uuid,uuid,uuid,text)', 'api.release_llm_call(uuid,text)',
    'api.remove_llm_budget(uuid,text)', 'api.reopen_dead_event(uuid,uuid,text)',
    'api.repair_from_reconciliation(uuid,uuid,integer,boolean)',
    'api.replay_dead_events(uuid,jsonb,integer,boolean,text)',
    'api.reserve_llm_call(uuid,text,text,bigint,bigint,interval,text,text)',
    'api.retry_failed_job(uuid,uuid)', 'api.revoke_llm_keys(uuid,text)',
    'api.rotate_endpoint_secrets(uuid,uuid,text[])', 'api.run_leased_job(uuid,uuid,uuid)',
    'api.run_next_job(uuid,text[])', 'api.set_attribution_settings(uuid,jsonb)',
    'api.set_channel_rule(uuid,text,text,jsonb,integer)',
    'api.set_llm_budget(uuid,text,text,bigint,jsonb)',
    'api.set_llm_price(text,bigint,bigint,boolean,text,timestamp with time zone)',
    'api.settle_llm_call(uuid,text,bigint,bigint)', 'api.tenants_with_due_jobs(text[],integer)',
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
    ('hookledger_reader', 'core.bound_tenant()'),
    ('hookledger_dba', 'core.needs_decision(text)'),
    ('hookledger_reader', 'core.needs_decision(text)') $$,
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
       from unnest(array[
         'api.allocation_summary', 'api.allocations', 'api.channel_rules',
         'api.dead_event_attempts', 'api.dead_events', 'api.deliveries', 'api.events',
         'api.jobs', 'api.llm_calls', 'api.objects', 'api.recomputes',
         'api.reconciliation_items', 'api.reconciliation_runs', 'api.replay_requests',
         'api.revenue', 'api.worker_failed_jobs']) as v (relation)
      cross join unnest(array['hookledger_dba', 'hookledger_reader']) as r (role_name)
      union all
     values ('api.events', 'hookledger_worker', 'SELECT') $$,
  'DBAs and readers may select from the views, the worker from events, and nobody may do more');
select is_empty(
  $$ select c.relname, a.privilege_type from pg_class as c
      cross join aclexplode(c.relacl) as a
      where c.oid in ('core.attribution_events'::regclass, 'core.revenue_ledger'::regclass,
          'core.dead_event_attempts'::regclass, 'core.llm_call_audit'::regclass,
          'core.llm_call_outcomes'::regclass)
        and a.grantee = c.relowner and a.privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE') $$,
  'the owner itself may not change events, ledger, audits and attempts');

select * from finish();
rollback;

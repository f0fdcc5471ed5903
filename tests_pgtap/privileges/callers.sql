-- Each caller, logged in as itself, does its work and is refused the rest (42501).
begin;
select plan(44);

create temp table ids as select tap.tenant() as tenant_id;
alter table ids add endpoint_id uuid;
update ids set endpoint_id = tap.endpoint(tenant_id, 'shopify');
grant select on ids to public;
select tap.create_login('a_reader', '{hookledger_reader}');
select api.bind_reader(tenant_id, 'a_reader') from ids;
select tap.clear_tenant();

set local session authorization hookledger_shim;
select is(
  (select f.tenant_id from ids, api.find_endpoint(ids.endpoint_id) as f),
  (select tenant_id from ids),
  'the shim finds the tenant of an endpoint');
select is(
  (select w.status from ids,
    tap.shopify(ids.tenant_id, ids.endpoint_id, 'orders/paid', tap.shopify_order(1)) as w),
  'accepted', 'the shim ingests a webhook');
select is(api.health() ->> 'status', 'ok', 'the shim asks for health');
select throws_ok(
  $$ select api.create_tenant('x') $$, '42501', 'permission denied for function create_tenant',
  'the shim creates no tenant');
select throws_ok(
  $$ select api.create_endpoint(tenant_id, 'shopify', '{s}', '{}') from ids $$, '42501',
  'permission denied for function create_endpoint', 'the shim creates no endpoint');
select throws_ok(
  $$ select api.rotate_endpoint_secrets(tenant_id, endpoint_id, '{s}') from ids $$, '42501',
  'permission denied for function rotate_endpoint_secrets', 'the shim rotates no secrets');
select throws_ok(
  $$ select api.bind_reader(tenant_id, 'x') from ids $$, '42501',
  'permission denied for function bind_reader',
  'the shim binds no reader');
select throws_ok(
  'select from api.events', '42501', 'permission denied for view events',
  'the shim reads no events');
select throws_ok(
  'select from api.revenue', '42501', 'permission denied for view revenue',
  'the shim reads no revenue');
select throws_ok(
  'select from api.dead_events', '42501', 'permission denied for view dead_events',
  'the shim reads no dead letters');
select throws_ok(
  'select core.uuid_v7()', '42501', 'permission denied for schema core',
  'the shim calls nothing in core');
select throws_ok(
  'select from core.webhook_endpoints', '42501', 'permission denied for schema core',
  'the shim reads no table');
select throws_ok(
  'set local role hookledger_owner', '42501', null, 'the shim cannot become the owner');
select throws_ok(
  'create table api.mine (x integer)', '42501', 'permission denied for schema api',
  'the shim creates no table');

set local session authorization hookledger_worker;
select is(api.health() ->> 'status', 'ok', 'the worker asks for health');
select throws_ok(
  $$ select api.ingest_webhook(tenant_id, endpoint_id, '{}', '', 'none') from ids $$, '42501',
  'permission denied for function ingest_webhook', 'the worker ingests nothing');
select throws_ok(
  $$ select api.find_endpoint(endpoint_id) from ids $$, '42501',
  'permission denied for function find_endpoint',
  'the worker learns no secret of an endpoint');
select tap.clear_tenant();
select is((select count(*) from api.events), 0::bigint,
  'the worker reads no events without a tenant');
select tap.set_tenant(tenant_id) from ids;
select is((select count(*) from api.events), 1::bigint,
  'the worker reads the events of the tenant that is set');
select throws_ok(
  format('%s api.events %s', command, rest), '42501', 'permission denied for view events',
  format('the worker cannot %s events', command))
  from (values ('update', 'set status = status'), ('delete from', ''), ('insert into', '(event_id) values (null)'))
    as c (command, rest);
select tap.clear_tenant();
select throws_ok(
  'select from api.revenue', '42501', 'permission denied for view revenue',
  'the worker reads no revenue');
select throws_ok(
  'select from api.jobs', '42501', 'permission denied for view jobs',
  'the worker reads no queue but through its functions');
select throws_ok(
  'select core.uuid_v7()', '42501', 'permission denied for schema core',
  'the worker calls nothing in core');
select throws_ok(
  $$ select api.retry_failed_job(tenant_id, tenant_id) from ids $$, '42501',
  'permission denied for function retry_failed_job', 'the worker retries no dead job by itself');
select throws_ok(
  'select from core.dead_events', '42501', 'permission denied for schema core',
  'the worker reads no table');

set local session authorization hookledger_dba;
select lives_ok($$ select api.create_tenant('Another') $$, 'a DBA creates a tenant');
select lives_ok(
  $$ select api.create_endpoint(tenant_id, 'stripe', '{s}', '{}') from ids $$,
  'a DBA creates an endpoint');
select lives_ok(
  $$ select api.rotate_endpoint_secrets(tenant_id, endpoint_id, '{s,t}') from ids $$,
  'a DBA rotates secrets');
select lives_ok(
  $$ select w.status from ids,
    tap.shopify(ids.tenant_id, ids.endpoint_id, 'orders/paid', tap.shopify_order(2)) as w $$,
  'a DBA ingests a webhook');
select is((select count(*) from api.events), 2::bigint,
  'a DBA reads the events of the tenant that is set');
select is((select count(*) from api.revenue), 2::bigint,
  'a DBA reads the revenue of the tenant that is set');
select is((select count(*) from api.dead_events), 0::bigint,
  'a DBA reads the dead letters of the tenant that is set');
select throws_ok(
  'delete from api.events', '42501', 'permission denied for view events',
  'a DBA changes nothing through a view');
select throws_ok(
  'select core.uuid_v7()', '42501', 'permission denied for schema core',
  'a DBA calls nothing in core');
select throws_ok(
  'select from core.revenue_ledger', '42501', 'permission denied for schema core',
  'a DBA reads no table');
select throws_ok(
  'set local role hookledger_operator', '42501', null, 'a DBA cannot become the operator');

set local session authorization a_reader;
select lives_ok('select from api.events, api.revenue, api.dead_events', 'a reader reads the views');
select throws_ok(
  'select api.health()', '42501', 'permission denied for function health',
  'a reader calls no function of api');
select throws_ok(
  'update api.revenue set amount_minor = 0', '42501', 'permission denied for view revenue',
  'a reader changes nothing through a view');
select throws_ok(
  'select core.bound_tenant()', '42501', 'permission denied for schema core',
  'a reader calls nothing in core');
select throws_ok(
  'select from core.tenant_logins', '42501', 'permission denied for schema core',
  'a reader reads no table');
select throws_ok(
  $$ select api.bind_reader(tenant_id, 'hookledger_reader') from ids $$, '42501',
  'permission denied for function bind_reader', 'a reader does not bind itself');

set local session authorization default;
select * from finish();
rollback;

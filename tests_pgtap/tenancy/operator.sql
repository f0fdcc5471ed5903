-- The operator crosses tenants exactly where its policies say so, and only as far.
begin;
select plan(15);

create temp table ids (who text, tenant_id uuid, shopify uuid);
insert into ids select who, tap.tenant(who), null from unnest(array['ours', 'theirs']) as who;
update ids set shopify = tap.endpoint(tenant_id, 'shopify');
select tap.create_login('reader_of_theirs', '{hookledger_reader}');
select api.bind_reader(tenant_id, 'reader_of_theirs') from ids where who = 'theirs';
grant select on ids to public;

select tap.act_as('hookledger_operator');
select tap.clear_tenant();
select set_eq(
  $$ select e.endpoint_id from core.webhook_endpoints as e join ids using (tenant_id) $$,
  'select shopify from ids', 'the operator sees every tenant''s endpoints');
select set_eq(
  $$ select t.tenant_id from core.tenants as t join ids using (tenant_id) $$,
  'select tenant_id from ids', 'the operator sees which tenants there are');
select results_eq(
  $$ select l.role_name from core.tenant_logins as l join ids using (tenant_id) $$,
  array['reader_of_theirs'::name], 'the operator sees every binding');

select throws_ok(
  'select name from core.tenants', '42501', 'permission denied for table tenants',
  'the operator does not see a tenant''s name');
select throws_ok(
  'select hmac_inner_pad from core.tenants', '42501', 'permission denied for table tenants',
  'nor its key');
select throws_ok(
  format('%s core.webhook_endpoints %s', command, rest), '42501',
  'permission denied for table webhook_endpoints',
  format('the operator cannot %s endpoints', command))
  from (values ('update', 'set secrets = secrets'), ('delete from', '')) as c (command, rest);
select throws_ok(
  format('%s core.tenant_logins %s', command, rest), '42501',
  'permission denied for table tenant_logins',
  format('the operator cannot %s bindings', command))
  from (values ('update', 'set role_name = role_name'), ('delete from', '')) as c (command, rest);
select throws_ok(
  $$ insert into core.tenant_logins (tenant_id, role_name)
     select tenant_id, 'x' from ids where who = 'ours' $$,
  '42501', 'new row violates row-level security policy for table "tenant_logins"',
  'without a tenant the operator binds nobody');
select tap.set_tenant(tenant_id) from ids where who = 'theirs';
select throws_ok(
  $$ insert into core.tenant_logins (tenant_id, role_name)
     select tenant_id, 'x' from ids where who = 'ours' $$,
  '42501', 'new row violates row-level security policy for table "tenant_logins"',
  'in one tenant''s context the operator binds nobody to another');
select throws_ok(
  format('select from core.%s', name), '42501', 'permission denied for table ' || name,
  'the operator does not see ' || name)
  from unnest(array['attribution_events', 'dead_events', 'revenue_ledger',
    'webhook_dedup_events']) as name;

select tap.act_as_migrator();
select * from finish();
rollback;

-- Rules are a DBA's business: other callers read or change nothing of them.
begin;
select plan(13);

create temp table ids as select tap.tenant() as tenant_id;
grant select on ids to public;
select tap.create_login('a_reader', '{hookledger_reader}');
select api.bind_reader(tenant_id, 'a_reader') from ids;
select tap.clear_tenant();

set local session authorization hookledger_dba;
select lives_ok(
  $$ select api.set_channel_rule(tenant_id, 'x', 'email', '{"source": "x"}') from ids $$,
  'a DBA sets a rule');
select is((select r.changed_by from api.channel_rules as r where r.scope = 'tenant'),
  'hookledger_dba', 'and is noted as who did');
select lives_ok($$ select * from ids, api.unmapped_channels(tenant_id) $$,
  'a DBA asks for what no rule knows');
select throws_ok($$ delete from api.channel_rules $$, '55000', null,
  'a DBA removes no version');

set local session authorization a_reader;
select is((select count(*) from api.channel_rules as r where r.scope = 'tenant'), 1::bigint,
  'a reader reads the rules of its tenant');
select throws_ok(
  $$ select api.set_channel_rule(tenant_id, 'x', 'sms', '{"source": "x"}') from ids $$, '42501',
  'permission denied for function set_channel_rule', 'a reader sets none');
select throws_ok(
  $$ select api.drop_channel_rule(tenant_id, 'x') from ids $$, '42501',
  'permission denied for function drop_channel_rule', 'and ends none');
select throws_ok(
  $$ select api.unmapped_channels(tenant_id) from ids $$, '42501',
  'permission denied for function unmapped_channels', 'nor asks for what no rule knows');

set local session authorization hookledger_shim;
select throws_ok(
  $$ select api.set_channel_rule(tenant_id, 'x', 'sms', '{"source": "x"}') from ids $$, '42501',
  'permission denied for function set_channel_rule', 'the shim sets no rule');
select throws_ok('select from api.channel_rules', '42501',
  'permission denied for view channel_rules', 'the shim reads none');

set local session authorization hookledger_worker;
select throws_ok(
  $$ select api.set_channel_rule(tenant_id, 'x', 'sms', '{"source": "x"}') from ids $$, '42501',
  'permission denied for function set_channel_rule', 'the worker sets no rule');
select throws_ok('select from api.channel_rules', '42501',
  'permission denied for view channel_rules', 'the worker reads none');
select throws_ok(
  $$ select core.event_channel(tenant_id, null, 'x', null, null, null, null, 'x') from ids $$,
  '42501', 'permission denied for schema core', 'and asks for no channel but through its jobs');
set local session authorization default;

select * from finish();
rollback;

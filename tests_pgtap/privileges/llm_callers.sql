-- Who keeps account of model calls and who sets the limits, each logged in as itself; and that one
-- tenant's calls and keys are nothing to another.
begin;
select no_plan();
create temp table ids (who text, t uuid);
insert into ids select who, tap.tenant(who) from unnest(array['ours', 'theirs']) as who;
select tap.spend_on_llm(t) from ids;
grant select on ids to public;
select tap.create_login('a_reader', '{hookledger_reader}');
select api.bind_reader(t, 'a_reader') from ids where who = 'ours';
select tap.clear_tenant();

create temp table limits (name text, command text);
insert into limits values
  ('set_llm_price', $$select api.set_llm_price('x', 1, 1)$$),
  ('set_llm_budget', $$select api.set_llm_budget(t, 'all', 'day', 1) from ids$$),
  ('remove_llm_budget', $$select api.remove_llm_budget(t, 'all') from ids$$),
  ('create_llm_key', 'select api.create_llm_key(t) from ids'),
  ('revoke_llm_keys', 'select api.revoke_llm_keys(t) from ids'),
  ('llm_budgets', 'select api.llm_budgets(t) from ids');
grant select on limits to public;

set local session authorization hookledger_shim;
select throws_ok(command, '42501', 'permission denied for function ' || name,
  'the shim may not ' || name) from limits;
select is(r.action, 'ALLOW', 'the shim reserves')
  from ids, api.reserve_llm_call(t, 'by-shim', 'cheap', 1, 1) as r where who = 'ours';
select is(r.status, 'settled', 'and settles')
  from ids, api.settle_llm_call(t, 'by-shim', 1, 1) as r where who = 'ours';
select isnt_empty('select api.find_llm_keys(t) from ids', 'and finds the hashes of keys');
select throws_ok('select from api.llm_calls', '42501', 'permission denied for view llm_calls',
  'but reads no audit');
select throws_ok('select from core.llm_keys', '42501', 'permission denied for schema core',
  'nor a table');

set local session authorization hookledger_worker;
select throws_ok(command, '42501', 'permission denied for function ' || name,
  'the worker may not ' || name) from limits;
select throws_ok('select api.find_llm_keys(t) from ids', '42501',
  'permission denied for function find_llm_keys', 'nor find keys');
select is(r.action, 'ALLOW', 'the worker reserves')
  from ids, api.reserve_llm_call(t, 'by-worker', 'cheap', 1, 1) as r where who = 'ours';
select is(r.status, 'released', 'and releases')
  from ids, api.release_llm_call(t, 'by-worker') as r where who = 'ours';

set local session authorization a_reader;
select throws_ok(command, '42501', 'permission denied for function ' || name,
  'a reader may not ' || name) from limits;
select throws_ok($$ select api.reserve_llm_call(t, 'x', 'cheap', 1, 1) from ids $$, '42501',
  'permission denied for function reserve_llm_call', 'nor reserve');
select set_eq('select request_id from api.llm_calls',
  array['call-1', 'call-2', 'by-shim', 'by-worker'], 'a reader sees its tenant''s calls');
select throws_ok('delete from api.llm_calls', '55000', 'cannot delete from view "llm_calls"',
  'and changes none');

set local session authorization hookledger_dba;
select throws_ok('select api.find_llm_keys(t) from ids', '42501',
  'permission denied for function find_llm_keys', 'a DBA has no use for the hashes');
select is(r.action, 'ALLOW', 'the same request id is another call with another tenant')
  from ids, api.reserve_llm_call(t, 'by-shim', 'cheap', 7, 7) as r where who = 'theirs';
select throws_ok($$ select api.settle_llm_call(t, 'by-worker', 1, 1) from ids where who = 'theirs' $$,
  'HL076', 'no call was granted under this request id',
  'a call of one tenant cannot be settled by another');
select throws_ok($$ select api.release_llm_call(t, 'by-worker') from ids where who = 'theirs' $$,
  'HL076', 'no call was granted under this request id', 'nor released');
select api.set_llm_budget(t, 'all', 'day', 0) from ids where who = 'theirs';
select is(r.action, case who when 'ours' then 'ALLOW' else 'BLOCK' end,
  'the cap of one tenant is not that of another: ' || who)
  from ids, api.reserve_llm_call(t, 'after', 'cheap', 10, 10) as r;
set local session authorization default;
select is((select count(*) from ids, unnest(api.find_llm_keys(t))), 2::bigint,
  'each tenant has its own key');
select is(api.revoke_llm_keys(t), 1, 'revoking one tenant''s') from ids where who = 'theirs';
select is(cardinality(api.find_llm_keys(t)), 1, 'leaves the other''s') from ids where who = 'ours';

select * from finish();
rollback;

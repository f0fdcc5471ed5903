-- Two tenants' dead letters: each operator's call touches its own tenant's, from both sides; only a
-- DBA may call at all.
begin;
select plan(42);

create temp table a as select tap.tenant('A') as tenant_id;
create temp table b as select tap.tenant('B') as tenant_id;
alter table a add endpoint_id uuid;
alter table b add endpoint_id uuid;
update a set endpoint_id = tap.endpoint(tenant_id, 'standard');
update b set endpoint_id = tap.endpoint(tenant_id, 'standard');
select is((select w.status from a, tap.standard(tenant_id, endpoint_id, 'm-1', tap.own_order('o-1', '{"currency": "XQA"}')) as w), 'dead', 'A has a dead letter');
select is((select w.status from b, tap.standard(tenant_id, endpoint_id, 'm-1', tap.own_order('o-1', '{"currency": "XQA"}')) as w), 'dead', 'so has B');
insert into core.currencies (currency, exponent) values ('XQA', 2);
create temp table letters as select d.tenant_id, d.dead_event_id, d.receipt_id from core.dead_events as d where d.tenant_id in (select tenant_id from a union select tenant_id from b);
grant select on a, b, letters to public;

select is((select tap.replay(b.tenant_id, jsonb_build_object('dead_event_ids', array[l.dead_event_id])) from a, b, letters as l where l.tenant_id = a.tenant_id),
  '0 0 0 0', 'B cannot name A''s letter');
select is((select tap.replay(a.tenant_id, jsonb_build_object('dead_event_ids', array[l.dead_event_id])) from a, b, letters as l where l.tenant_id = b.tenant_id),
  '0 0 0 0', 'nor A B''s');
select is((select tap.replay(a.tenant_id) from a), '1 1 0 0', 'A replays its own');
select is((select tap.queue(a.tenant_id) from a), '0 currency_unknown resolved 2 replayed: accepted', 'which is resolved');
select is((select tap.queue(b.tenant_id) from b), '0 currency_unknown open 1', 'and B''s waits, untouched');
select is((select tap.ledger(a.tenant_id) from a), 'sale o-1 10000', 'A has its sale');
select is((select tap.ledger(b.tenant_id) from b), null, 'B has none');
select is((select core.job_retry_dead_events(b.tenant_id, '{}') ->> 'replayed' from b), '0', 'B''s retries do nothing');

-- The way a DBA comes, with nothing set and no right but its own.
select tap.clear_tenant();
set local session authorization hookledger_dba;
select is((select concat_ws(' ', r.matched, r.replayed) from b, api.replay_dead_events(b.tenant_id, '{"status": "open"}', 10, false, 'key') as r), '1 1',
  'a DBA replays B''s');
select is((select current_setting('app.current_tenant_id')), (select tenant_id::text from b), 'for this transaction the tenant is B');
select is((select count(*) from api.dead_event_attempts), 1::bigint, 'whose attempts it sees');
select is((select attempted_by from api.dead_event_attempts), 'hookledger_dba', 'by its login');
select is((select resolved_by from api.dead_events), 'hookledger_dba', 'as it sees who resolved the letter');
select is((select count(*) from api.replay_requests), 1::bigint, 'and its request');
select tap.set_tenant(tenant_id) from a;
select is((select count(*) from api.replay_requests), 0::bigint, 'A has no request');
select is((select count(*) from api.dead_event_attempts where receipt_id in (select l.receipt_id from letters as l, b where l.tenant_id = b.tenant_id)), 0::bigint, 'and sees no attempt of B');
select is((select count(*) from api.dead_event_attempts), 1::bigint, 'but its own');
select tap.clear_tenant();
select is((select count(*) from api.dead_event_attempts), 0::bigint, 'without a tenant nobody sees an attempt');
select is((select count(*) from api.replay_requests), 0::bigint, 'or a request');
select lives_ok($$ select api.reopen_dead_event(l.tenant_id, l.dead_event_id, 'look again') from letters as l, b where l.tenant_id = b.tenant_id $$, 'a DBA re-opens');
select lives_ok($$ select api.discard_dead_event(l.tenant_id, l.dead_event_id, 'enough') from letters as l, b where l.tenant_id = b.tenant_id $$, 'and discards');
select lives_ok($$ select api.change_endpoint_settings(tenant_id, endpoint_id, '{"pii": "redact"}') from b $$, 'and changes settings');
select throws_ok('select * from core.dead_event_attempts', '42501', 'permission denied for schema core', 'a DBA reads no table');
select throws_ok($$ select core.replay_dead_event(null, null, true, null) $$, '42501', 'permission denied for schema core', 'or calls anything within');
select throws_ok($$ insert into api.dead_event_attempts (attempt_id) values (gen_random_uuid()) $$, '42501', 'permission denied for view dead_event_attempts', 'nor writes an attempt');

reset session authorization;
create temp view calls as
  select c.call, c.name from (values
    ('select api.replay_dead_events(null)', 'replay_dead_events'),
    ('select api.discard_dead_event(null, null, null)', 'discard_dead_event'),
    ('select api.reopen_dead_event(null, null, null)', 'reopen_dead_event'),
    ('select api.change_endpoint_settings(null, null, null)', 'change_endpoint_settings')) as c (call, name);
grant select on calls to public;
select tap.act_as('hookledger_shim');
select throws_ok(call, '42501', 'permission denied for function ' || name, 'the shim may not call ' || name) from calls order by name;
select tap.act_as_migrator();
select tap.act_as('hookledger_worker');
select throws_ok(call, '42501', 'permission denied for function ' || name, 'the worker may not call ' || name) from calls order by name;
select tap.act_as_migrator();
select tap.act_as('hookledger_reader');
select throws_ok(call, '42501', 'permission denied for function ' || name, 'a reader may not call ' || name) from calls order by name;
select lives_ok('select from api.replay_requests', 'but see the requests');
select lives_ok('select from api.dead_event_attempts', 'and what was done about the dead letters of its tenant');
select tap.act_as_migrator();
select is((select tap.queue(b.tenant_id) from b), '0 currency_unknown discarded 2 enough', 'all that left B as the DBA did');

select * from finish();
rollback;

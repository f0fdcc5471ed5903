-- Wrong calls, repeated statements, repeated rows, and both sides of isolation.
begin;
select plan(20);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'standard') as own, tap.tenant('theirs') as theirs
  from tap.tenant() as tenant_id;
grant select on t to public;
select is(tap.sell(tenant_id, own, 'a', 100), 'accepted', 'there is a sale') from t;

select throws_ok(format('select api.reconcile(%L, %L, %s, %L)', tenant_id, provider, period, body),
    code, null, name)
  from t cross join (values
    ('standard', 'null', '[]', 'HL050', 'no period: HL050'),
    ('standard', '''empty''', '[]', 'HL050', 'an empty period: HL050'),
    ('standard', '''[2026-03-01Z,)''', '[]', 'HL050', 'a period without end: HL050'),
    ('standard', '''(,2026-03-01Z)''', '[]', 'HL050', 'a period without beginning: HL050'),
    ('standard', '''[2026-03-01Z,2026-04-01Z)''', '{}', 'HL051', 'a statement that is no array: HL051'),
    ('standard', '''[2026-03-01Z,2026-04-01Z)''', null, 'HL051', 'no statement: HL051'),
    ('bank', '''[2026-03-01Z,2026-04-01Z)''', '[]', 'HL003', 'no such provider: HL003')
  ) as c (provider, period, body, code, name);
select throws_ok(
  format('select api.reconcile(%L, %L, %L, %L)', gen_random_uuid(), 'standard', '[2026-03-01Z,2026-04-01Z)', '[]'),
  'HL002', null, 'no such tenant: HL002');
select throws_ok(
  $$ select tap.reconcile(tenant_id, 'standard', array(select '{}'::jsonb from generate_series(1, 500001))) from t $$,
  'HL051', null, 'a statement beyond the limit: HL051');
select is_empty('select from core.reconciliation_runs join t using (tenant_id)', 'a refused call leaves no run');

create temp table runs as
  select 1 as step, r.* from t, tap.reconcile(tenant_id, 'standard', array[tap.row_of('sale', 'a', 100)]) as r;
insert into runs
  select 2, r.* from t, tap.reconcile(tenant_id, 'standard', array[tap.row_of('sale', 'a', 100)]) as r;
insert into runs
  select 3, r.* from t, tap.reconcile(tenant_id, 'standard', array[tap.row_of('sale', 'a', 100)],
    '[2026-03-01 00:00Z, 2026-03-31 00:00Z)') as r;
select set_eq('select r.step, o.step as repeated from runs as r left join runs as o on o.run_id = r.repeats_run_id',
  'values (1, null::integer), (2, 1), (3, null)', 'a run says which one it repeats: same provider, period and statement');

select results_eq(
  $$ select r.matched, r.duplicate_rows, r.unread_rows, r.totals -> 0 ->> 'there_minor' from t,
       tap.reconcile(tenant_id, 'standard', array[
         tap.row_of('sale', 'a', 100, 'EUR', '{"row_key": "txn_1"}'),
         tap.row_of('sale', 'a', 100, 'EUR', '{"row_key": "txn_1"}')]) as r $$,
  $$ values (1, 1, 0, '100') $$, 'a row that is there twice under its own id counts once');
select results_eq(
  $$ select r.matched, r.duplicate_rows, r.unread_rows from t, tap.reconcile(tenant_id, 'standard', array[
         tap.row_of('sale', 'a', 100, 'EUR', '{"row_key": "txn_1"}'),
         tap.row_of('sale', 'a', 90, 'EUR', '{"row_key": "txn_1"}')]) as r $$,
  $$ values (1, 0, 1) $$, 'two different rows under one id: the second is not read');
select results_eq(
  $$ select r.matched, r.duplicate_rows from t, tap.reconcile(tenant_id, 'standard', array[
         tap.row_of('sale', 'a', 100, 'EUR', '{"occurred_at": "2026-03-10T12:00:00Z"}'),
         tap.row_of('sale', 'a', 100, 'EUR', '{"occurred_at": "2026-03-10T13:00:00+01:00"}')]) as r $$,
  $$ values (1, 1) $$, 'so does a row without one that says the same of the same moment');

set local session authorization hookledger_dba;
select tap.set_tenant(tenant_id) from t \g /dev/null
select is((select count(*) from api.reconciliation_runs), 6::bigint, 'a DBA sees the runs of the tenant that is set');
select is((select count(*) from api.reconciliation_items), 7::bigint, 'and their items');
select tap.set_tenant(theirs) from t \g /dev/null
select is_empty('select from api.reconciliation_runs', 'another tenant has no run');
select is_empty('select from api.reconciliation_items', 'and no item');
select throws_ok(
  $$ select api.repair_from_reconciliation(theirs, (select run_id from api.reconciliation_runs limit 1)) from t $$,
  'HL052', null, 'nor does anybody repair for it from a run it does not have');

set local session authorization default;
select * from finish();
rollback;

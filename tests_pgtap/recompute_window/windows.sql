-- A window is computed as often as asked for and says the same; windows may overlap.
begin;
select plan(25);

create temp table t as select tap.tenant() as tenant_id;
create function pg_temp.run(p_from text, p_to text, p_model text default 'linear')
  returns core.attribution_recompute_jobs language sql
  as 'select j.* from t, api.recompute_window(tenant_id, p_from::timestamptz, p_to::timestamptz, p_model) as j';
select is(tap.touch(tenant_id, 'a1', '2026-03-02T08:00:00Z', 'email', 'A'), 'accepted', 'a touch')
  from t;
select is(tap.sale(tenant_id, 'o1', '2026-03-02T12:00:00Z', 1000, 'A'), 'accepted', 'its sale')
  from t;
select is(tap.sale(tenant_id, 'o2', '2026-03-03T12:00:00Z', 500, 'A'), 'accepted', 'another')
  from t;

create temp table first as select * from pg_temp.run('2026-03-02 00:00Z', '2026-03-03 00:00Z');
select results_eq(
  'select run_count, status, sale_count, allocation_count from first',
  $$ values (1, 'succeeded', 1, 1) $$, 'the job of a window says what it did');
create temp table before as select a.*, a.xmin as written_by
  from core.attribution_allocations as a join t using (tenant_id);
create temp table second as select * from pg_temp.run('2026-03-02 00:00Z', '2026-03-03 00:00Z');
select is((select run_count from second), 2, 'again: one run more');
select is((select s.checksum from second as s), (select f.checksum from first as f),
  'and the same checksum');
select results_eq(
  'select a.*, a.xmin as written_by from core.attribution_allocations as a join t using (tenant_id)',
  'select * from before', 'not even written again');
select is((select count(*) from core.attribution_recompute_jobs join t using (tenant_id)), 1::bigint,
  'one job row per window, model and version');

select is((pg_temp.run('2026-03-01 00:00Z', '2026-04-01 00:00Z')).sale_count, 2,
  'a month holds both sales');
select is((pg_temp.run('2026-03-02 06:00Z', '2026-03-03 18:00Z')).sale_count, 2,
  'so does a window of part of two days');
select is((pg_temp.run('2026-03-02 12:00Z', '2026-03-03 12:00Z')).sale_count, 1,
  'the start belongs to a window, the end does not');
select is(
  (select sum(amount_minor) from core.attribution_allocations join t using (tenant_id)),
  1500::numeric, 'however many windows hold a sale, it is allocated once');
select set_eq(
  $$ select day, event_revenue_minor, allocated_minor, drift_minor
      from core.allocation_day_sums join t using (tenant_id) $$,
  $$ values ('2026-03-02'::date, 1000::numeric, 1000::numeric, 0::numeric),
    ('2026-03-03', 500, 500, 0) $$, 'and summed once');
select is((pg_temp.run('2026-03-02 00:00Z', '2026-03-03 00:00Z')).checksum,
  (select f.checksum from first as f), 'the day says what it said before');
select is((pg_temp.run('2026-05-02 00:00Z', '2026-05-03 00:00Z')).allocation_count, 0,
  'an empty window has no allocations, and a checksum of nothing');

select throws_ok(
  format('select pg_temp.run(%L, %L)', c.first, c.last), 'HL040',
  'a window starts before it ends, between 2000 and 2100', c.name)
  from (values
    ('2026-03-03Z', '2026-03-02Z', 'no window ends before it starts'),
    ('2026-03-03Z', '2026-03-03Z', 'or when it starts'),
    (null, '2026-03-03Z', 'or has no start'), ('2026-03-03Z', null, 'or no end'),
    ('-infinity', '2026-03-02Z', 'or is unbounded'),
    ('2026-03-02Z', 'infinity', 'at either end')) as c (first, last, name);
select throws_ok(
  $$ select pg_temp.run('2026-03-02Z', '2026-03-03Z', 'guess') $$, 'HL041',
  'no such attribution model', 'an unknown model is refused');
select throws_ok(
  $$ select api.recompute_window(tenant_id, '2026-03-02Z', '2026-03-03Z', 'linear', 2) from t $$,
  'HL042', 'no such version of this model', 'so is an unknown version');
select throws_ok(
  $$ select api.recompute_window(gen_random_uuid(), '2026-03-02Z', '2026-03-03Z', 'linear') $$,
  'HL002', 'no such tenant', 'and an unknown tenant');
select throws_ok(
  $$ select api.recompute_window(null, '2026-03-02Z', '2026-03-03Z', 'linear') $$,
  'HL002', 'no such tenant', 'or none');

select * from finish();
rollback;

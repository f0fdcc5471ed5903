-- From webhook to summary by jobs alone.
begin;
select plan(16);

create temp table t as select tap.tenant() as tenant_id;
create function pg_temp.run() returns text language sql
  as $$ select concat_ws(' ', j.task, j.key, j.status, j.message)
    from t, api.run_next_job(tenant_id, '{attribution}') as j $$;
select is(tap.touch(tenant_id, 't1', '2026-03-02T08:00:00Z', 'email', 'A'), 'accepted', 'a touch')
  from t;
select is(tap.sale(tenant_id, 'o1', '2026-03-02T12:00:00Z', 1000, 'A'), 'accepted', 'its sale')
  from t;
select is(pg_temp.run(), 'recompute_window 2026-03-02 succeeded', 'the day''s job runs');
select results_eq(
  $$ select j.result ->> 'sales', j.result ->> 'allocations' from core.jobs as j join t using (tenant_id)
      where j.task = 'recompute_window' and j.status = 'succeeded' $$,
  $$ values ('1', '8') $$, 'and tells what it did');
select is(pg_temp.run(), 'refresh_summary all succeeded', 'then the summary is refreshed');
select is(pg_temp.run(), null, 'then nothing is due');
select set_config('app.current_tenant_id', tenant_id::text, true) is null from t \g /dev/null
select results_eq(
  $$ select day, channel, allocated_minor, is_balanced from api.allocation_summary where model = 'markov' $$,
  $$ values ('2026-03-02'::date, 'email', 1000::numeric, true) $$, 'and shows the sale');

select is(tap.touch(tenant_id, 't2', '2026-03-02T09:00:00Z', 'display', 'A'), 'accepted', 'a late touch')
  from t;
select is(pg_temp.run(), 'recompute_window 2026-03-02 succeeded', 'has its day computed again');
select is(tap.shares(tenant_id, 'o1', 'linear'), 'display 500, email 500', 'and counts') from t;
select is((select max(run_count) from api.recomputes), 2, 'the same job row, run twice');

-- A day that took long waits three times as long.
update core.attribution_recompute_jobs as j set started_at = j.finished_at - interval '1 minute' from t
 where j.tenant_id = t.tenant_id;
select tap.clear_jobs(tenant_id) is null from t \g /dev/null
select is(tap.sale(tenant_id, 'o2', '2026-03-02T13:00:00Z', 70), 'accepted', 'another sale of that day')
  from t;
select is(pg_temp.run(), 'recompute_window 2026-03-02 succeeded', 'its job runs');
select is(tap.shares(tenant_id, 'o2', 'linear'), null, 'but puts the work off') from t;
select results_eq(
  $$ select j.run_at > now() + interval '2 minutes', j.run_at < now() + interval '4 minutes'
      from core.jobs as j join t using (tenant_id) where j.status = 'pending' and j.task = 'recompute_window' $$,
  $$ values (true, true) $$, 'for three minutes after one of a minute');
update core.jobs as j set run_at = now() from t where j.tenant_id = t.tenant_id;
update core.attribution_recompute_jobs as j set started_at = j.finished_at from t
 where j.tenant_id = t.tenant_id;
select pg_temp.run() is null \g /dev/null
select is(tap.shares(tenant_id, 'o2', 'linear'), 'unattributed 70', 'and then does it') from t;

select * from finish();
rollback;

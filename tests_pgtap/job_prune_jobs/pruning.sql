-- Jobs of the past are forgotten after a week, by a job that comes back when it has to.
begin;
select plan(11);

create temp table ids as select tap.tenant() as tenant_id, tap.tenant('Another') as other_id;
select tap.task('nothing', $$ begin return '{}'; end $$);
create temp view pruning as
  select j.* from core.jobs as j join ids using (tenant_id)
   where j.task = 'prune_jobs' and j.status = 'pending';
create function pg_temp.prune() returns jsonb language sql as $$
  select r.result from ids, api.run_next_job(tenant_id, '{housekeeping}') as r
$$;

select tap.enqueue(t, 'nothing', key) from ids, unnest(array[tenant_id, other_id]) as t,
  unnest(array['old', 'dead', 'new', 'open']) as key;
select lives_ok(
  $$ select tap.run(t) from ids, unnest(array[tenant_id, other_id]) as t, generate_series(1, 3) $$,
  'jobs are run');
select ok((select run_at between now() + interval '7 days' and clock_timestamp() + interval '7 days'
  from pruning), 'in a week they will be pruned');
update core.jobs
   set started_at = started_at - interval '8 days', finished_at = finished_at - interval '8 days'
 where key in ('old', 'dead');
update core.jobs set status = 'dead' where key = 'dead';
update core.jobs set created_at = now() - interval '9 days' where key = 'open';
update core.jobs as j set run_at = now() - interval '1 day' from ids
 where j.tenant_id = ids.tenant_id and j.task = 'prune_jobs';
select is(pg_temp.prune(), '{"pruned": 2}', 'what ended longer ago than a week is removed');
select bag_eq(
  $$ select key from core.jobs join ids using (tenant_id) where task = 'nothing' $$,
  array['new', 'open'], 'what ended lately or is open stays, however old');
select is(
  (select count(*) from core.jobs as j join ids on j.tenant_id = other_id and task = 'nothing'),
  4::bigint, 'another tenant''s jobs stay');
select ok(
  (select run_at between now() + interval '6 days 23 hours' and now() + interval '7 days 1 minute'
     from pruning), 'it comes back when the oldest of the rest is a week old');

update core.jobs set run_at = now() where task = 'prune_jobs' and status = 'pending';
update core.jobs set args = '{"days": 0}' where task = 'prune_jobs' and status = 'pending';
select is(pg_temp.prune(), '{"pruned": 2}', 'the time to keep can be given');
select is_empty('select from pruning', 'with nothing left that could age it does not come back');

-- Bounded
insert into core.jobs (
    tenant_id, job_id, queue, task, key, lane, status, run_at, created_at, started_at, finished_at)
  select tenant_id, core.uuid_v7(), 'maintenance', 'nothing', 'k', core.uuid_v7(), 'succeeded',
    v, v, v, v
    from ids, generate_series(1, 5010), (values (now() - interval '30 days')) as t (v);
select tap.enqueue(tenant_id, 'prune_jobs', 'jobs', '{}', null, 'housekeeping') from ids;
select is(pg_temp.prune(), '{"pruned": 5000}', 'no more than 5000 at once');
select ok((select run_at <= clock_timestamp() from pruning), 'the rest is due at once');
select is(pg_temp.prune(), '{"pruned": 10}', 'and goes next');

select * from finish();
rollback;

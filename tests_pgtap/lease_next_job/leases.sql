-- A claim that is committed before the run: who has a job, for how long, and what if it is lost.
begin;
select plan(38);

create temp table ids as select tap.tenant() as tenant_id;
create temp table taken (nr serial, job_id uuid, lease_token uuid);
create temp view job as
  select j.* from core.jobs as j join ids using (tenant_id) where j.task <> 'prune_jobs';
create function pg_temp.lease(p_lease interval default '1 minute') returns text language sql as $$
  with l as (
    select l.* from ids, api.lease_next_job(tenant_id, '{maintenance,attribution}', p_lease, 'w') as l),
  t as (insert into taken (job_id, lease_token) select job_id, lease_token from l)
  select key from l
$$;
select tap.task('nothing', $$ begin return '{"done": true}'; end $$);

select is(pg_temp.lease(), null, 'without a due job nothing is leased');
select tap.enqueue(tenant_id, 'nothing', 'a') from ids;
select is(pg_temp.lease(), 'a', 'a due job is leased');
select row_eq(
  $$ select status, attempts, leased_by, leased_until - started_at, heartbeat_at = started_at from job $$,
  row('running'::text, 1, 'w'::text, interval '1 minute', true),
  'it runs, its attempt counts, and it is known for whom and how long');
select is(pg_temp.lease(), null, 'nobody else gets it');

-- Heartbeats
select is(
  (select api.extend_job_lease(tenant_id, job_id, lease_token, '1 hour') from ids, taken), true,
  'who has it prolongs the lease');
select ok((select leased_until > now() + interval '50 minutes' and heartbeat_at > started_at from job),
  'from now on');
select is(
  (select api.extend_job_lease(tenant_id, job_id, gen_random_uuid(), '1 day') from ids, taken), false,
  'another token prolongs nothing');
select is(
  (select api.extend_job_lease(tenant_id, gen_random_uuid(), lease_token, '1 day') from ids, taken),
  false, 'nor the token of another job');
select ok((select leased_until < now() + interval '2 hours' from job), 'really nothing');

-- A lease that ended
select tap.make_due(tenant_id) from ids;
select is(
  (select api.extend_job_lease(tenant_id, job_id, lease_token, '1 minute') from ids, taken), true,
  'a lease that ended is prolonged while nobody took the job');
select tap.make_due(tenant_id) from ids;
select is(pg_temp.lease(), 'a', 'a job whose lease ended is due again');
select is((select attempts from job), 2, 'the attempt that never ended was counted');
select throws_ok(
  $$ select api.run_leased_job(tenant_id, job_id, lease_token) from ids, taken where nr = 1 $$,
  'HL021', 'the lease of this job is not held any more', 'the first lease is lost');
select is(
  (select api.extend_job_lease(tenant_id, job_id, lease_token, '1 minute') from ids, taken
    where nr = 1), false, 'it cannot be prolonged');
select is(
  (select api.release_leased_job(tenant_id, job_id, lease_token) from ids, taken where nr = 1),
  false, 'nor given back');
select results_eq(
  $$ select r.status, r.result from ids, taken,
      api.run_leased_job(tenant_id, job_id, lease_token) as r where nr = 2 $$,
  $$ values ('succeeded', '{"done": true}'::jsonb) $$, 'the second one runs the job');
select throws_ok(
  $$ select api.run_leased_job(tenant_id, job_id, lease_token) from ids, taken where nr = 2 $$,
  'HL021', null, 'once');

-- Too many attempts that never ended
select tap.enqueue(tenant_id, 'nothing', 'killer') from ids;
select is(pg_temp.lease(), 'killer', 'a job is leased');
update core.jobs set attempts = max_attempts, leased_until = clock_timestamp()
 where key = 'killer';
select tap.enqueue(tenant_id, 'nothing', 'next') from ids;
select is(pg_temp.lease(), 'next', 'one whose last lease ended is passed over');
select row_eq($$ select status, sqlstate from job where key = 'killer' $$,
  row('dead'::text, 'HL022'::text), 'because it is dead');
select results_eq(
  $$ select key, sqlstate from core.worker_failed_jobs join ids using (tenant_id) $$,
  $$ values ('killer', 'HL022') $$, 'and reported');

-- Given back
truncate taken;
delete from core.jobs;
select tap.enqueue(tenant_id, 'nothing', 'b') from ids;
select is(pg_temp.lease(), 'b', 'a job is leased');
select is((select api.release_leased_job(tenant_id, job_id, lease_token) from ids, taken), true,
  'a worker that stops gives its job back');
select row_eq($$ select status, attempts, lease_token from job $$,
  row('pending'::text, 0, null::uuid), 'which does not count as an attempt');
truncate taken;
select is(pg_temp.lease(), 'b', 'it is due at once');
select is((select api.release_leased_job(tenant_id, job_id, lease_token, '57014') from ids, taken),
  true, 'a run that was cut off gives it back as failed');
select row_eq($$ select status, attempts, sqlstate from job $$,
  row('pending'::text, 1, '57014'::text), 'which does');
select ok((select run_at > now() + interval '3 s' from job), 'and waits');

-- Jobs of one key
truncate taken;
delete from core.jobs;
select tap.enqueue(tenant_id, 'nothing', 'many') from ids;
update core.jobs set lane = job_id, attempts = 3, run_at = run_at + interval '1 hour';
insert into core.jobs (tenant_id, job_id, queue, task, key, lane, run_at, created_at)
  select tenant_id, core.uuid_v7(), 'maintenance', 'nothing', 'many', core.uuid_v7(), now(), now()
    from ids, generate_series(1, 3);
select is(pg_temp.lease(), 'many', 'of several pending jobs of a key one is leased');
select results_eq('select status, attempts from job', $$ values ('running', 4) $$,
  'the others are done with it, and the most attempts count');
select tap.enqueue(tenant_id, 'nothing', 'many') from ids;
select is((select api.release_leased_job(tenant_id, job_id, lease_token, '40001') from ids, taken),
  true, 'where it fails while another is pending');
select results_eq('select status, attempts from job', $$ values ('pending', 4) $$,
  'there is one, which waits and has its attempts behind it');

-- In order
delete from core.jobs;
select tap.enqueue(tenant_id, 'nothing', key, '{}', now() - late, queue)
  from ids, (values ('second', interval '2 s', 'attribution'), ('first', '3 s', 'maintenance'),
    ('third', '1 s', 'maintenance')) as j (key, late, queue);
select is(pg_temp.lease(), expected, expected || ' comes what is due longest, whatever the queue')
  from unnest(array['first', 'second', 'third']) as expected;

select throws_ok(
  format('select api.lease_next_job(tenant_id, ''{maintenance}'', %L, ''w'') from ids', lease),
  'HL025', 'a lease lasts from a second to a day', 'no lease lasts ' || coalesce(lease, 'null'))
  from unnest(array[null, '0.9 seconds', '25 hours']) as lease;

select * from finish();
rollback;

-- However often something is asked for, one pending job is enough.
begin;
select plan(20);

create temp table ids as select tap.tenant() as tenant_id, tap.tenant('Another') as other_id;
create temp view pending as
  select j.* from core.jobs as j join ids using (tenant_id) where j.status = 'pending';
select tap.task('nothing', $$ begin return '{}'; end $$);

select tap.enqueue(tenant_id, 'nothing', 'a', '{"n": 1}') from ids;
select row_eq(
  $$ select queue, task, key, args, attempts, max_attempts from pending $$,
  row('maintenance'::text, 'nothing'::text, 'a'::text, '{"n": 1}'::jsonb, 0, 10),
  'a job is pending with its queue, task, key and arguments');
select ok(
  (select run_at between now() and clock_timestamp() from pending), 'it is due at once');
select is(current_setting('lock_timeout'), '0', 'the setting that bounds the wait is as before');
select tap.enqueue(tenant_id, 'nothing', 'a', '{"n": 2}') from ids, generate_series(1, 3);
select results_eq('select args from pending', array['{"n": 1}'::jsonb],
  'asked for again while it is pending, nothing changes');

-- When
select tap.enqueue(tenant_id, 'nothing', 'later', '{}', now() + interval '1 hour') from ids;
select is((select run_at from pending where key = 'later'), now() + interval '1 hour',
  'a job may be asked for at a time');
select tap.enqueue(tenant_id, 'nothing', 'later', '{}', now() + interval '2 hours') from ids;
select is((select run_at from pending where key = 'later'), now() + interval '1 hour',
  'a later time changes nothing');
select tap.enqueue(tenant_id, 'nothing', 'later', '{}') from ids;
select is((select run_at from pending where key = 'later'), now() + interval '1 hour',
  'nor does no time');
select tap.enqueue(tenant_id, 'nothing', 'later', '{}', now() + interval '1 minute') from ids;
select is((select run_at from pending where key = 'later'), now() + interval '1 minute',
  'an earlier time pulls it forward');
update core.jobs set attempts = 1 where key = 'later';
select tap.enqueue(tenant_id, 'nothing', 'later', '{}', now()) from ids;
select is((select run_at from pending where key = 'later'), now() + interval '1 minute',
  'but not a job that failed and waits for its next attempt');

-- What counts as the same
select tap.enqueue(tenant_id, 'nothing', 'b') from ids;
select tap.enqueue(tenant_id, 'prune_jobs', 'a') from ids;
select tap.enqueue(other_id, 'nothing', 'a') from ids;
select results_eq(
  $$ select task, key from pending order by task, key $$,
  $$ values ('nothing', 'a'), ('nothing', 'b'), ('nothing', 'later'), ('prune_jobs', 'a') $$,
  'another key or task is another job');
select is(
  (select count(*) from core.jobs as j join ids on j.tenant_id = other_id), 1::bigint,
  'another tenant''s job is another job');

-- A job that is being done does not count: what is asked for now is not seen by it.
select is((select l.key from ids, api.lease_next_job(tenant_id, '{maintenance}', '1 minute', 'w')
  as l), 'a', 'the job is being done');
select tap.enqueue(tenant_id, 'nothing', 'a', '{"n": 3}') from ids;
select results_eq($$ select args from pending where key = 'a' and task = 'nothing' $$,
  array['{"n": 3}'::jsonb], 'asked for while it is done, it is done again');

-- A task may ask for itself.
select tap.task('again', $$ begin
  perform core.enqueue_job(p_tenant_id, 'maintenance', 'again', 'x', '{"n": 2}');
  return p_args;
end $$);
delete from core.jobs;
select tap.enqueue(tenant_id, 'again', 'x', '{"n": 1}') from ids;
select is((select tap.run(tenant_id) from ids), 'succeeded', 'a job that asks for itself succeeds');
select results_eq($$ select args from pending where task = 'again' $$, array['{"n": 2}'::jsonb],
  'and is pending once more');

-- What is refused
select throws_ok(
  $$ select tap.enqueue(tenant_id, 'nothing', 'a', '{}', null, 'no_queue') from ids $$,
  '23514', null, 'a queue that does not exist is refused');
select throws_ok(
  $$ select tap.enqueue(tenant_id, 'nothing', 'q', '[]') from ids $$,
  '23514', null, 'arguments are an object');
select throws_ok(
  $$ select tap.enqueue(tenant_id, 'nothing', 'q', '{"email": "x@example.com"}') from ids $$,
  '23514', 'personal data outside the paths a provider is known to use',
  'arguments with personal data are refused');
select throws_ok(
  $$ select tap.enqueue(tenant_id, 'nothing', 'x@example.com') from ids $$,
  '23514', 'personal data outside the paths a provider is known to use',
  'so is a key');
select is(
  (select count(*) from core.jobs where key in ('q', 'x@example.com')), 0::bigint,
  'nothing of what is refused is kept');

select * from finish();
rollback;

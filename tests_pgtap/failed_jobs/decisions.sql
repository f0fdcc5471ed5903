-- A dead job is reported once per key; a person retries it or gives it up.
begin;
select plan(27);

create temp table ids as select tap.tenant() as tenant_id, tap.tenant('Another') as other_id;
create temp view report as
  select f.* from core.worker_failed_jobs as f join ids using (tenant_id);
select tap.task('maybe', $$ begin
  if p_args ? 'fail' then
    perform core.raise_error('invalid_field');
  end if;
  return '{}';
end $$);
-- Enqueues a job that has one attempt left, and runs it.
create function pg_temp.die(p_key text) returns text language plpgsql as $$
begin
  perform tap.enqueue(tenant_id, 'maybe', p_key, '{"fail": 1}') from ids;
  update core.jobs set max_attempts = 1 where key = p_key and status = 'pending';
  return tap.run(tenant_id) from ids;
end
$$;

select is(pg_temp.die('a'), 'dead', 'a job dies');
select is(pg_temp.die('a'), 'dead', 'another of its key dies');
select row_eq(
  $$ select key, args, failures, attempts, status, sqlstate from report $$,
  row('a'::text, '{"fail": 1}'::jsonb, 2, 2, 'open'::text, 'HL112'::text),
  'both are one report, as long as it is open');
select ok((select first_failed_at < last_failed_at from report), 'of the first and the last failure');
select is(
  (select job_id from report),
  (select job_id from core.jobs where key = 'a' order by finished_at desc limit 1),
  'it names the last one');

-- Retried
select tap.clear_tenant();
select throws_ok(
  $$ select api.retry_failed_job(other_id, failed_job_id) from ids, report $$,
  'HL023', 'no such failed job of this tenant', 'another tenant cannot retry it');
select lives_ok(
  $$ select api.retry_failed_job(ids.tenant_id, failed_job_id) from ids, report $$, 'it is retried');
select row_eq(
  $$ select status, resolved_by, resolved_at is not null from report $$,
  row('retried'::text, session_user::text collate "default", true), 'who did is written down');
select row_eq(
  $$ select queue, task, args, attempts, max_attempts from core.jobs
      where key = 'a' and status = 'pending' $$,
  row('maintenance'::text, 'maybe'::text, '{"fail": 1}'::jsonb, 0, 10),
  'its job is pending with all its attempts');
select throws_ok(
  $$ select api.retry_failed_job(ids.tenant_id, failed_job_id) from ids, report $$,
  'HL024', 'this failed job was decided about already', 'it is not retried twice');
select throws_ok(
  $$ select api.give_up_failed_job(ids.tenant_id, failed_job_id, 'x') from ids, report $$,
  'HL024', null, 'nor given up after that');
update core.jobs set max_attempts = 1 where key = 'a' and status = 'pending';
select is((select tap.run(tenant_id) from ids), 'dead', 'it dies again');
select results_eq('select status from report order by first_failed_at', array['retried', 'open'],
  'which is a new report');

-- Given up
select throws_ok(
  $$ select api.give_up_failed_job(ids.tenant_id, failed_job_id, 'ask x@example.com')
       from ids, report where status = 'open' $$,
  '23514', null, 'a reason with personal data is refused');
select throws_ok(
  $$ select api.give_up_failed_job(other_id, failed_job_id, 'x') from ids, report $$,
  'HL023', null, 'another tenant cannot give it up');
select lives_ok(
  $$ select api.give_up_failed_job(ids.tenant_id, failed_job_id, 'the shop is closed')
       from ids, report where status = 'open' $$,
  'it is given up');
select row_eq(
  $$ select resolution_note, resolved_by from report where status = 'given_up' $$,
  row('the shop is closed'::text, session_user::text collate "default"), 'the reason is written down');
select throws_ok(
  $$ select api.give_up_failed_job(ids.tenant_id, failed_job_id, 'x') from ids, report
      where status = 'given_up' $$, 'HL024', null, 'once');
select is_empty($$ select from core.jobs where key = 'a' and status = 'pending' $$,
  'nothing is pending');
select lives_ok(
  $$ select api.retry_failed_job(ids.tenant_id, failed_job_id) from ids, report
      where status = 'given_up' $$, 'it can still be retried');
select isnt_empty($$ select from core.jobs where key = 'a' and status = 'pending' $$,
  'then it is pending');

-- Cured by itself
delete from core.jobs where key = 'a' and status = 'pending';
select is(pg_temp.die('b'), 'dead', 'a job of another key dies');
select tap.enqueue(tenant_id, 'maybe', 'b') from ids;
select is((select tap.run(tenant_id) from ids), 'succeeded', 'a later one of the key succeeds');
select row_eq(
  $$ select status, resolution_note from report where key = 'b' $$,
  row('retried'::text, 'a later job of this key succeeded'::text), 'the report is settled');
select throws_ok(
  $$ select api.retry_failed_job(tenant_id, gen_random_uuid()) from ids $$, 'HL023', null,
  'what does not exist cannot be retried');
select throws_ok(
  $$ select api.give_up_failed_job(tenant_id, null, 'x') from ids $$, 'HL023', null,
  'nor given up');
select throws_ok('select api.retry_failed_job(null, null)', 'HL002', null, 'a tenant is named');

select * from finish();
rollback;

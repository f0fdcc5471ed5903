-- One due job, claimed and run: what becomes of it and of what it did.
begin;
select plan(40);

create temp table ids as select tap.tenant() as tenant_id, tap.tenant('Another') as other_id;
create temp table done_by_task (what text);
grant all on done_by_task to public;
create temp view job as
  select j.* from core.jobs as j join ids using (tenant_id) where j.task <> 'prune_jobs';
select tap.task('write', $$ begin
  insert into pg_temp.done_by_task values (p_args ->> 'what');
  return jsonb_build_object('tenant', core.current_tenant());
end $$);
select tap.task('fail', $$ begin
  insert into pg_temp.done_by_task values ('of a failure');
  if p_args ? 'reason' then
    perform core.raise_error(p_args ->> 'reason', 'where it was');
  end if;
  raise exception using errcode = p_args ->> 'sqlstate', message = 'a secret',
    detail = 'another secret';
end $$);

select is((select count(*) from ids, api.run_next_job(tenant_id, '{maintenance}')), 0::bigint,
  'without a due job nothing is returned');

-- Success
select tap.enqueue(tenant_id, 'write', 'a', '{"what": "the work"}') from ids;
select is((select count(*) from ids, api.run_next_job(other_id, '{maintenance}')), 0::bigint,
  'the job is not another tenant''s');
select is((select count(*) from ids, api.run_next_job(tenant_id, '{attribution}')), 0::bigint,
  'nor another queue''s');
select tap.clear_tenant();
select is((select r.status from ids, api.run_next_job(tenant_id, '{attribution,maintenance}') as r),
  'succeeded', 'a job that comes to its end has succeeded');
select results_eq('table done_by_task', array['the work'], 'its task was done');
select row_eq(
  $$ select attempts, result -> 'tenant', sqlstate, lease_token from job $$,
  (select row(1, to_jsonb(tenant_id), null::text, null::uuid) from ids),
  'its attempt is counted, and its result kept: it ran with the tenant set');
select ok((select finished_at >= started_at and started_at >= created_at from job),
  'when it began and ended is known');
select is((select tap.run(tenant_id) from ids), null, 'it is not run again');
select results_eq(
  $$ select queue, status from core.jobs join ids using (tenant_id) where task = 'prune_jobs' $$,
  $$ values ('housekeeping', 'pending') $$, 'and will be pruned some day');

-- Failure
select tap.enqueue(tenant_id, 'fail', 'f', '{"sqlstate": "22012"}') from ids;
select is((select tap.run(tenant_id) from ids), 'pending', 'a job that fails is pending again');
select results_eq('table done_by_task', array['the work'], 'what it did is undone');
select row_eq(
  $$ select attempts, sqlstate, message, detail, result, lease_token from job where key = 'f' $$,
  row(1, '22012'::text, 'processing failed unexpectedly'::text, null::text, null::jsonb,
    null::uuid),
  'its SQLSTATE is kept, and not its text');
select ok(
  (select run_at between now() + interval '3.7 seconds' and clock_timestamp() + interval '6.3 s'
     from job where key = 'f'), 'the next attempt is in about five seconds');
select is((select tap.run(tenant_id) from ids), null, 'not before');
select tap.make_due(tenant_id) from ids;
select is((select tap.run(tenant_id) from ids), 'pending', 'then it is tried again');
select ok(
  (select run_at between now() + interval '7.5 seconds' and clock_timestamp() + interval '12.5 s'
     from job where key = 'f'), 'the pause grows');
update core.jobs set attempts = 8 where key = 'f';
select tap.make_due(tenant_id) from ids;
select is((select tap.run(tenant_id) from ids), 'pending', 'it is tried a ninth time');
select ok(
  (select run_at between now() + interval '450 s' and clock_timestamp() + interval '750 s'
     from job where key = 'f'), 'the pause does not grow beyond ten minutes');
select is_empty('select from core.worker_failed_jobs join ids using (tenant_id)',
  'nobody is bothered yet');
select tap.make_due(tenant_id) from ids;
select is((select tap.run(tenant_id) from ids), 'dead', 'after the last attempt it is dead');
select ok((select finished_at is not null and attempts = 10 from job where key = 'f'),
  'that is its end');
select row_eq(
  $$ select f.job_id, f.queue, f.task, f.key, f.args, f.attempts, f.failures, f.sqlstate, f.message,
      f.status from core.worker_failed_jobs as f join ids using (tenant_id) $$,
  (select row(job_id, queue, task, key, args, 10, 1, sqlstate, message, 'open'::text)
     from job where key = 'f'),
  'it is reported');

-- Causes
select tap.enqueue(tenant_id, 'fail', 'c', '{"reason": "invalid_field"}') from ids;
select is((select tap.run(tenant_id) from ids), 'pending', 'a catalogued error fails the attempt');
select row_eq(
  $$ select sqlstate, detail from job where key = 'c' $$,
  row('HL112'::text, 'where it was'::text), 'its detail is kept');
select tap.enqueue(tenant_id, 'fail', 'i' || code, jsonb_build_object('sqlstate', code))
  from ids, unnest(array['40P01', '53200', '55P03', 'XX000', 'P0004']) as code;
select is(tap.run(tenant_id), 'pending', 'a fault of the machine is tried again')
  from ids, generate_series(1, 5);
select bag_eq($$ select sqlstate from job where key like 'i%' $$,
  array['40P01', '53200', '55P03', 'XX000', 'P0004'], 'each by its SQLSTATE');
select tap.enqueue(tenant_id, 'fail', 'x', '{"sqlstate": "57014"}') from ids;
create function pg_temp.run_and_be_cancelled() returns text language plpgsql as $$
begin
  return tap.run(tenant_id) from ids;
exception when query_canceled then  -- which `when others` does not catch, nor throws_ok
  return sqlstate;
end
$$;
select is(pg_temp.run_and_be_cancelled(), '57014', 'a cancelled query ends the transaction');
delete from core.jobs where key = 'x';
select tap.enqueue(tenant_id, 'no_such_task', 'u') from ids;
select is((select tap.run(tenant_id) from ids), 'pending', 'a task that does not exist fails');
select is((select sqlstate from job where key = 'u'), 'HL020', 'with unknown_task');
select tap.task('tell', $$ begin return '{"email": "x@example.com"}'; end $$);
select tap.enqueue(tenant_id, 'tell', 't') from ids;
select is((select tap.run(tenant_id) from ids), 'pending',
  'a result with personal data fails the attempt');
select row_eq($$ select sqlstate, result from job where key = 't' $$,
  row('23514'::text, null::jsonb), 'and is not kept');

-- Calls that are refused
select throws_ok($$ select api.run_next_job(null, '{maintenance}') $$, 'HL002', null,
  'no tenant is refused');
select throws_ok(
  format('select api.run_next_job(tenant_id, %L) from ids', queues), 'HL026', 'no such queue',
  'the queues must be named: ' || coalesce(queues, 'null'))
  from unnest(array[null, '{}', '{maintenance,typo}', '{null}']) as queues;

select * from finish();
rollback;

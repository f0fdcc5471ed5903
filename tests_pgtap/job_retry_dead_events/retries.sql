-- Transient failures are tried again by themselves, later and later, and in the end wait for a person.
begin;
select plan(31);

create temp table t as select tap.tenant() as tenant_id, tap.tenant('Other') as other_id;
alter table t add endpoint_id uuid;
update t set endpoint_id = tap.endpoint(tenant_id, 'standard');
create function pg_temp.fail() returns trigger language plpgsql as $$
begin
  raise exception 'no';
end
$$;
create trigger poison before insert on core.attribution_events
  for each row when (new.object_id like 'p-%') execute function pg_temp.fail();
create function pg_temp.run() returns text language sql volatile as $$
  select concat_ws(' ', r ->> 'replayed', r ->> 'skipped', r ->> 'failed') from t, core.job_retry_dead_events(t.tenant_id, '{}') as r
$$;
create function pg_temp.pending() returns text language sql volatile as $$
  select string_agg(concat_ws(' ', j.queue, j.key), ', ') from core.jobs as j join t using (tenant_id)
   where j.task = 'retry_dead_events' and j.status = 'pending'
$$;
-- As if a pause were over.
create function pg_temp.make_due() returns void language sql volatile as $$
  update core.dead_events as d set next_attempt_at = clock_timestamp() - interval '1 second' from t
   where d.tenant_id = t.tenant_id and d.status = 'retrying'
$$;

select is((select w.reason from t, tap.standard(tenant_id, endpoint_id, 'm-0', tap.own_order('o-0', '{"currency": "XQA"}')) as w),
  'currency_unknown', 'a permanent failure');
select is((select d.next_attempt_at from core.dead_events as d join t using (tenant_id)), null, 'is never due');
select is(pg_temp.pending(), null, 'and no job is enqueued for it');
create temp table dead as
select w.* from t, tap.standard(tenant_id, endpoint_id, 'm-1', tap.own_order('p-1')) as w;
select is((select tap.queue(tenant_id, receipt_id) from t, dead), '1 internal_error retrying 1', 'a transient one retries');
select ok((select d.next_attempt_at - d.first_failed_at between interval '30 seconds' and interval '1 minute'
  from core.dead_events as d, dead as x where d.receipt_id = x.receipt_id), 'within a minute, but not at once');
select is(pg_temp.pending(), 'maintenance due', 'a job is enqueued in the maintenance queue');
select is((select j.run_at from core.jobs as j join t using (tenant_id)),
  (select d.next_attempt_at from core.dead_events as d, dead as x where d.receipt_id = x.receipt_id), 'for when it is due');
select is(pg_temp.run(), '0 0 0', 'before that nothing is done');
select is((select tap.queue(tenant_id, receipt_id) from t, dead), '1 internal_error retrying 1', 'and nothing counted');

select pg_temp.make_due();
select is(pg_temp.run(), '0 0 1', 'when it is due it is tried');
select is((select tap.queue(tenant_id, receipt_id) from t, dead), '1 internal_error retrying 2', 'and goes on retrying');
select ok((select d.next_attempt_at - d.last_failed_at between interval '1 minute' and interval '2 minutes'
  from core.dead_events as d, dead as x where d.receipt_id = x.receipt_id), 'after a pause twice as long');
select results_eq(
  $$ select a.attempt, a.outcome, a.reason, a.request_key, a.attempted_by = session_user from core.dead_event_attempts as a join t using (tenant_id) $$,
  $$ values (2, 'failed', 'internal_error', null::text, true) $$, 'the attempt is on record');
select is(pg_temp.pending(), 'maintenance due', 'the job for the next one is there');

create function pg_temp.exhaust() returns void language plpgsql as $$
begin
  for i in 3 .. 10 loop
    perform pg_temp.make_due();
    perform pg_temp.run();
  end loop;
end
$$;
select pg_temp.exhaust();
select is((select tap.queue(tenant_id, receipt_id) from t, dead), '1 internal_error open 10', 'after ten attempts it waits for a person');
select is((select d.next_attempt_at from core.dead_events as d, dead as x where d.receipt_id = x.receipt_id), null, 'and is due no more');
select is(pg_temp.run(), '0 0 0', 'the job leaves it alone');
select is((select tap.gate(tenant_id, receipt_id) from t, dead), 'failed dead internal_error', 'a redelivery would still be tried');

-- The cause goes away.
create temp table second as
select w.* from t, tap.standard(tenant_id, endpoint_id, 'm-2', tap.own_order('p-2')) as w;
drop trigger poison on core.attribution_events;
select pg_temp.make_due();
select is(pg_temp.run(), '1 0 0', 'a retry after the cause is gone succeeds');
select is((select tap.queue(tenant_id, receipt_id) from t, second), '1 internal_error resolved 2 replayed: accepted', 'the letter is resolved');
select is((select tap.gate(tenant_id, receipt_id) from t, second), 'done accepted with event', 'and the receipt says so');
select is((select w.status from t, tap.standard(tenant_id, endpoint_id, 'm-2', tap.own_order('p-2')) as w), 'duplicate',
  'a redelivery after that is a duplicate');
select is((select tap.replay(tenant_id, '{"reason": "internal_error"}') from t), '1 1 0 0', 'the one that waits is replayed by a person');
select is((select string_agg(l.object_id, ' ' order by l.object_id) from core.revenue_ledger as l join t using (tenant_id)), 'p-1 p-2',
  'each is booked once');

-- A redelivery cures a retrying one, which is due no more.
create trigger poison before insert on core.attribution_events
  for each row when (new.object_id like 'p-%') execute function pg_temp.fail();
create temp table third as
select w.* from t, tap.standard(tenant_id, endpoint_id, 'm-3', tap.own_order('p-3')) as w;
drop trigger poison on core.attribution_events;
select is((select w.status from t, tap.standard(tenant_id, endpoint_id, 'm-3', tap.own_order('p-3')) as w), 'accepted',
  'a redelivery of a retrying one is accepted');
select is((select row(d.status, d.resolution_note, d.next_attempt_at)::text from core.dead_events as d, third as x where d.receipt_id = x.receipt_id),
  '(resolved,redelivered,)', 'and resolves it');

-- Nothing of the document is kept: only the sender can help.
alter function core.redact_standard(jsonb, bytea[]) rename to redact_away;
create temp table unread as
select w.* from t, tap.standard(tenant_id, endpoint_id, 'm-4', tap.own_order('o-4')) as w;
alter function core.redact_away(jsonb, bytea[]) rename to redact_standard;
select is((select tap.queue(tenant_id, receipt_id) from t, unread), '0 internal_error open 1', 'without a document nothing is retried');
select is((select w.status from t, tap.standard(tenant_id, endpoint_id, 'm-4', tap.own_order('o-4')) as w), 'accepted', 'but its redelivery is');

select is((select core.job_retry_dead_events(other_id, '{}') from t), '{"failed": 0, "skipped": 0, "replayed": 0}',
  'another tenant has nothing to retry');
select is(core.next_attempt_at('internal_error', n, '2026-01-01 00:00:00+00', 0) - '2026-01-01 00:00:00+00', make_interval(mins => m),
  'attempt ' || n || ' is followed by a pause of ' || m || ' minutes at most')
  from (values (4, 8), (9, 256)) as c (n, m);

select * from finish();
rollback;

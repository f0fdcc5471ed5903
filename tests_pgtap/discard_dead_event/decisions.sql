-- A person discards a dead letter with a reason, or takes that back.
begin;
select plan(38);

create temp table t as select tap.tenant() as tenant_id, tap.tenant('Other') as other_id;
alter table t add endpoint_id uuid;
update t set endpoint_id = tap.endpoint(tenant_id, 'standard');
create function pg_temp.discard(p_id uuid, p_reason text default 'a test order') returns void language sql volatile as $$
  select api.discard_dead_event(tenant_id, p_id, p_reason) from t
$$;
create function pg_temp.reopen(p_id uuid, p_reason text default 'a real order') returns void language sql volatile as $$
  select api.reopen_dead_event(tenant_id, p_id, p_reason) from t
$$;
create temp table sent as
select w.* from t, tap.standard(tenant_id, endpoint_id, 'm-1', tap.own_order('o-1', '{"currency": "XQA"}')) as w;
create temp table dead as
select s.*, d.dead_event_id from sent as s join core.dead_events as d using (receipt_id);

select throws_ok(format('select pg_temp.discard(%L, %L)', dead_event_id, c.reason), 'HL067',
  'a reason is 1 to 500 characters without personal data', 'it is not discarded for ' || coalesce(left(c.reason, 30), 'null'))
  from dead, (values (null), (''), (e' \n'), (repeat('x', 501)), ('asked by jane.roe@example.com'), ('call +1 202 555 0143')) as c (reason);
select throws_ok(format('select pg_temp.reopen(%L, %L)', dead_event_id, c.reason), 'HL067', null,
  'it is not re-opened for ' || coalesce(left(c.reason, 30), 'null'))
  from dead, (values (null), (' '), ('asked by jane.roe@example.com')) as c (reason);
select throws_ok(format('select pg_temp.discard(%L)', gen_random_uuid()), 'HL060', 'no such dead letter of this tenant', 'an unknown one is refused');
select throws_ok('select pg_temp.discard(null)', 'HL060', null, 'so is none');
select throws_ok(format('select api.discard_dead_event(%L, %L, ''x'')', other_id, dead_event_id), 'HL060', null,
  'another tenant discards none of ours') from t, dead;
select throws_ok(format('select api.reopen_dead_event(%L, %L, ''x'')', other_id, dead_event_id), 'HL060', null,
  'nor re-opens it') from t, dead;
select throws_ok(format('select api.discard_dead_event(null, %L, ''x'')', dead_event_id), 'HL002', null, 'no tenant is refused') from dead;
select throws_ok(format('select pg_temp.reopen(%L)', dead_event_id), 'HL066', 'only a resolved or discarded dead letter can be re-opened',
  'one that waits is not re-opened') from dead;
select is((select tap.queue(tenant_id) from t), '0 currency_unknown open 1', 'all that changed nothing');

select lives_ok(format('select pg_temp.discard(%L)', dead_event_id), 'it is discarded') from dead;
select is((select tap.queue(tenant_id) from t), '0 currency_unknown discarded 1 a test order', 'with the reason');
select is((select row(d.resolved_by, d.resolved_at > d.first_failed_at)::text from core.dead_events as d join t using (tenant_id)),
  format('(%s,t)', session_user), 'by whom and when');
select lives_ok(format('select pg_temp.discard(%L, %L)', dead_event_id, 'again'), 'a second discard') from dead;
select is((select tap.queue(tenant_id) from t), '0 currency_unknown discarded 1 a test order', 'changes nothing');
insert into core.currencies (currency, exponent) values ('XQA', 2);
select is((select tap.replay(tenant_id) from t), '0 0 0 0', 'a replay does not take it');
select is((select tap.replay(tenant_id, jsonb_build_object('dead_event_ids', array[dead_event_id])) from t, dead), '1 0 1 0', 'not even by name');
select is((select row(w.status, w.receipt_id = d.receipt_id, w.reason)::text from t, dead as d,
  tap.standard(tenant_id, endpoint_id, 'm-1', tap.own_order('o-1', '{"currency": "XQA"}')) as w), '(duplicate,t,currency_unknown)',
  'a redelivery is a duplicate');
select is((select tap.ledger(tenant_id) from t), null, 'and nothing is booked');

select lives_ok(format('select pg_temp.reopen(%L)', dead_event_id), 'it is re-opened') from dead;
select is((select tap.queue(tenant_id) from t), '0 currency_unknown open 1', 'and waits again');
select is((select tap.replay(tenant_id) from t), '1 1 0 0', 'a replay takes it');
select throws_ok(format('select pg_temp.discard(%L)', dead_event_id), 'HL065', 'a resolved dead letter cannot be discarded',
  'a resolved one is not discarded') from dead;
select lives_ok(format('select pg_temp.reopen(%L, %L)', dead_event_id, 'was it booked?'), 'but re-opened') from dead;
select is((select tap.gate(tenant_id, receipt_id) from t, dead), 'done accepted with event', 'its receipt still names what was booked');
select is((select tap.replay(tenant_id) from t), '1 1 0 0', 'and replayed');
select is((select tap.queue(tenant_id) from t), '0 currency_unknown resolved 3 replayed: already_known', 'as already known');
select is((select tap.ledger(tenant_id) from t), 'sale o-1 10000', 'booked once');
select results_eq(
  $$ select a.outcome, a.attempt, a.note from core.dead_event_attempts as a join t using (tenant_id) order by a.attempted_at $$,
  $$ values ('discarded', 1, 'a test order'), ('reopened', 1, 'a real order'), ('resolved', 2, 'replayed: accepted'),
      ('reopened', 2, 'was it booked?'), ('resolved', 3, 'replayed: already_known') $$,
  'every decision and attempt is on record');

-- A transient one: discarded, no redelivery brings it back; re-opened, one does.
create function pg_temp.fail() returns trigger language plpgsql as $$
begin
  raise exception 'no';
end
$$;
create trigger poison before insert on core.attribution_events
  for each row when (new.object_id = 'o-2') execute function pg_temp.fail();
create temp table transient as
select w.* from t, tap.standard(tenant_id, endpoint_id, 'm-2', tap.own_order('o-2')) as w;
select pg_temp.discard(d.dead_event_id) from core.dead_events as d join transient using (receipt_id);
drop trigger poison on core.attribution_events;
select is((select row(d.status, d.next_attempt_at)::text from core.dead_events as d join transient using (receipt_id)), '(discarded,)',
  'a discarded transient failure is due no more');
select is((select row(w.status, w.reason)::text from t, tap.standard(tenant_id, endpoint_id, 'm-2', tap.own_order('o-2')) as w),
  '(duplicate,internal_error)', 'its redelivery is a duplicate');
select pg_temp.reopen(d.dead_event_id) from core.dead_events as d join transient using (receipt_id);
select is((select w.status from t, tap.standard(tenant_id, endpoint_id, 'm-2', tap.own_order('o-2')) as w), 'accepted',
  're-opened, its redelivery is accepted');

select * from finish();
rollback;

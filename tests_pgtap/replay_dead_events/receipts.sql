-- A replay goes the way of its webhook: same receipt, one event, one entry, and the gate tells it.
begin;
select plan(27);

create temp table t as select tap.tenant() as tenant_id;
alter table t add endpoint_id uuid;
update t set endpoint_id = tap.endpoint(tenant_id, 'standard');

create temp table dead as
select w.* from t, tap.standard(tenant_id, endpoint_id, 'm-1',
  tap.own_order('o-1', '{"currency": "XQA", "session_id": "s-1", "utm_source": "news"}')) as w;
select is((select row(status, reason)::text from dead), '(dead,currency_unknown)',
  'an order in an unknown currency is dead');
select is((select tap.replay(tenant_id) from t), '1 0 0 1 currency_unknown',
  'a replay before anything has changed fails for the same reason');
select is((select tap.queue(tenant_id) from t), '0 currency_unknown open 2',
  'the dead letter stays, tried twice');

insert into core.currencies (currency, exponent) values ('XQA', 2);
select is((select tap.replay(tenant_id) from t), '1 1 0 0',
  'once the currency is known the replay succeeds');
select is((select tap.queue(tenant_id) from t),
  '0 currency_unknown resolved 3 replayed: accepted', 'the dead letter is resolved');
select is((select tap.ledger(tenant_id) from t), 'sale o-1 10000', 'the order is booked');
select is(
  (select row(d.resolved_by, d.resolved_at >= d.last_failed_at, d.next_attempt_at)::text
     from core.dead_events as d join t using (tenant_id)),
  format('(%s,t,)', session_user), 'by whom and when is kept');

create temp table event as
select e.* from core.attribution_events as e join t using (tenant_id);
select is((select count(*) from event), 1::bigint, 'there is one event');
select is((select receipt_id from event), (select receipt_id from dead),
  'known complaint: a replay issues no new receipt id for the same fact');
select is((select row(verification, utm_source, left(session_id, 1))::text from event),
  '(signature,news,~)', 'with the verification and the touch fields of the delivery');
select is((select session_id from event),
  (select core.pseudonymise(array[x.hmac_inner_pad, x.hmac_outer_pad], 's-1')
     from core.tenants as x join t using (tenant_id)),
  'its session is the pseudonym that a webhook would have got, so joins hold');
select is((select redacted_count from event), 1,
  'and how many personal members were replaced is what it was on arrival');
select is((select tap.gate(tenant_id, receipt_id) from t, dead), 'done accepted with event',
  'the gate tells the new truth');
select is((select g.event_id from core.webhook_dedup_events as g join t using (tenant_id)),
  (select event_id from event), 'and the event');

create temp table again as
select w.* from t, tap.standard(tenant_id, endpoint_id, 'm-1',
  tap.own_order('o-1', '{"currency": "XQA", "session_id": "s-1", "utm_source": "news"}')) as w;
select is((select row(status, receipt_id, event_id, reason)::text from again),
  (select row('duplicate', d.receipt_id, e.event_id, null::text)::text from dead as d, event as e),
  'a redelivery is a duplicate with receipt and event');
select is((select tap.replay(tenant_id) from t), '0 0 0 0', 'there is nothing left to replay');
select is(
  (select tap.replay(tenant_id, jsonb_build_object('dead_event_ids', jsonb_agg(d.dead_event_id)))
     from t join core.dead_events as d using (tenant_id) group by tenant_id),
  '1 0 1 0', 'a resolved row that is named is matched and skipped');
select is((select tap.ledger(tenant_id) from t), 'sale o-1 10000', 'and nothing is booked twice');

-- What was done is on record.
select results_eq(
  $$ select a.attempt, a.outcome, a.reason, a.sqlstate, a.note, a.attempted_by = session_user,
       a.receipt_id = d.receipt_id, a.request_key
       from core.dead_event_attempts as a join t using (tenant_id), dead as d
      order by a.attempted_at $$,
  $$ values
    (2, 'failed', 'currency_unknown', 'HL117', null::text, true, true, null::text),
    (3, 'resolved', null, null, 'replayed: accepted', true, true, null) $$,
  'each attempt has its row');
select throws_ok('update core.dead_event_attempts set note = null', 'HL007', null,
  'which nobody changes');
select throws_ok('delete from core.dead_event_attempts', 'HL007', null, 'or removes');

-- Another delivery told the fact meanwhile.
create temp table late as
select w.* from t, tap.standard(tenant_id, endpoint_id, 'm-2', tap.own_order('o-2', '{"currency": "XQB"}')) as w;
insert into core.currencies (currency, exponent) values ('XQB', 2);
create temp table other as
select w.* from t, tap.standard(tenant_id, endpoint_id, 'm-3', tap.own_order('o-2', '{"currency": "XQB"}')) as w;
select is((select row(l.status, o.status)::text from late as l, other as o), '(dead,accepted)',
  'a dead order is told again by another delivery');
select is((select tap.replay(tenant_id) from t), '1 1 0 0', 'its replay');
select is((select tap.queue(tenant_id, receipt_id) from t, late),
  '0 currency_unknown resolved 2 replayed: already_known', 'resolves it as already known');
select is((select count(*) from core.attribution_events as e join t using (tenant_id)
  where e.object_id = 'o-2'), 1::bigint, 'there is one event of it');
select is((select tap.ledger(tenant_id) from t), 'sale o-1 10000, sale o-2 10000', 'and one entry');
select is(
  (select row(w.status, w.reason, w.receipt_id = l.receipt_id, w.event_id = o.event_id)::text
     from t, late as l, other as o,
       tap.standard(tenant_id, endpoint_id, 'm-2', tap.own_order('o-2', '{"currency": "XQB"}')) as w),
  '(duplicate,already_known,t,t)', 'a redelivery names that event');

select * from finish();
rollback;

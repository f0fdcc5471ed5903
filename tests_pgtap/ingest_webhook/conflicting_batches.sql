-- A batch that is dead as a whole loses no part: each is buried at its own position, and replayed on
-- its own.
begin;
select plan(17);

create temp table t as select tap.tenant() as tenant_id;
alter table t add endpoint_id uuid;
update t set endpoint_id = tap.endpoint(tenant_id, 'standard');
create function pg_temp.batch(p_id text, p_touches text[], p_more jsonb default '{}', p_headers jsonb default '{}',
  out status text, out receipt_id uuid, out event_id uuid, out reason text) language sql as $$
  select s.* from t, tap.standard(t.tenant_id, t.endpoint_id, p_id, jsonb_build_object('type', 'touch.batch', 'data',
    jsonb_build_object('touches', (select jsonb_agg(jsonb_build_object('touch_id', i.id, 'occurred_at', '2026-03-01T10:00:00Z', 'session_id', 's')
        || case when i.id = 'bad' then p_more else '{}' end order by i.ordinal)
      from unnest(p_touches) with ordinality as i (id, ordinal)))), p_headers) as s
$$;
create function pg_temp.parts(p_receipt_id uuid) returns text language sql volatile as $$
  select string_agg(concat_ws(' ', d.position, d.reason, d.payload #>> '{data,touch_id}', d.status), ', ' order by d.position)
    from core.dead_events as d join t using (tenant_id) where d.receipt_id = p_receipt_id
$$;
create function pg_temp.touches() returns text language sql volatile as $$
  select string_agg(e.object_id, ' ' order by e.object_id) from core.attribution_events as e join t using (tenant_id)
$$;

create temp table first as select * from pg_temp.batch('m', '{a,b}');
create temp table conflict as select * from pg_temp.batch('m', '{b,bad,c,d}', '{"note": "jane.roe@example.com"}');
select is((select row(status, reason, event_id)::text from conflict), '(dead,delivery_id_conflict,)',
  'another batch under a used delivery id is dead');
select isnt((select receipt_id from conflict), (select receipt_id from first), 'with a receipt of its own');
select is((select pg_temp.parts(receipt_id) from conflict),
  '1 delivery_id_conflict b open, 2 pii_violation bad open, 3 delivery_id_conflict c open, 4 delivery_id_conflict d open',
  'each of its parts is kept at its position, one with personal data for that reason');
select is((select tap.gate(tenant_id, receipt_id) from t, conflict), 'done dead delivery_id_conflict',
  'the receipt names the conflict');
select is((select row(s.status, s.receipt_id = c.receipt_id, s.reason)::text from conflict as c,
  pg_temp.batch('m', '{b,bad,c,d}', '{"note": "jane.roe@example.com"}') as s),
  '(duplicate,t,delivery_id_conflict)', 'its redelivery is a duplicate');
select is((select string_agg(distinct d.seen_count::text, ' ') from core.dead_events as d, conflict as c
  where d.receipt_id = c.receipt_id), '2', 'and all its letters were seen twice');
select is(pg_temp.touches(), 'a b', 'nothing of it is recorded');

select is((select tap.replay(tenant_id) from t), '4 0 3 1 pii_violation', 'a bulk replay leaves the conflict alone');
select is((select tap.replay(tenant_id, '{"reason": "delivery_id_conflict"}') from t), '3 3 0 0', 'by name it is replayed');
select is(pg_temp.touches(), 'a b c d', 'each new touch is recorded');
select is((select string_agg(d.resolution_note, ', ' order by d.position) from core.dead_events as d, conflict as c
  where d.receipt_id = c.receipt_id), 'replayed: already_known, replayed: accepted, replayed: accepted',
  'and a known one is known');
select is((select tap.gate(tenant_id, receipt_id) from t, conflict), 'done accepted pii_violation with event',
  'the receipt tells what was recorded and what still waits');
select lives_ok($$ select api.change_endpoint_settings(tenant_id, endpoint_id, '{"pii": "redact"}') from t $$,
  'the endpoint redacts from now on');
select is((select tap.replay(tenant_id) from t), '1 1 0 0', 'the part with personal data is replayed too');
select is((select tap.gate(tenant_id, receipt_id) from t, conflict), 'done accepted with event', 'and nothing waits any more');

-- A batch that came under the wrong URL
create temp table mismatch as select * from pg_temp.batch('n', '{e,f}', p_headers => '{"hookledger-topic": "order_paid"}');
select is((select pg_temp.parts(receipt_id) from mismatch), '1 topic_mismatch e open, 2 topic_mismatch f open',
  'a batch whose topic contradicts its URL is kept part by part');
select is((select tap.replay(tenant_id, '{"reason": "topic_mismatch"}') || ' ' || pg_temp.touches() from t),
  '2 2 0 0 a b bad c d e f', 'and replayed under its own topic');

select * from finish();
rollback;

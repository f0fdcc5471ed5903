-- Shapes that nobody sends on purpose: one row of the queue each, and never an error.
begin;
select plan(32);
set local statement_timeout = '20s';  -- far more than it takes, far less than squared

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'standard') as endpoint_id from tap.tenant() as tenant_id;
-- Volatile, as they have to see what the statement that calls them has just sent.
create function pg_temp.queue(p_receipt_id uuid) returns text language sql volatile as $$
  select string_agg(concat_ws(' ', d.stage, d.position), ', ' order by d.position) from core.dead_events as d, t
   where d.tenant_id = t.tenant_id and d.receipt_id = p_receipt_id
$$;
create function pg_temp.queued(p_receipt_id uuid) returns bigint language sql volatile as $$
  select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id and d.receipt_id = p_receipt_id
$$;

select is(
  (select concat_ws(' ', s.status, s.reason, pg_temp.queue(s.receipt_id))
     from t, tap.send(t.tenant_id, t.endpoint_id, jsonb_build_object('webhook-id', gen_random_uuid()), c.body) as s),
  c.expected, c.name
)
from (values
  ('', 'dead invalid_json decode 0', 'an empty body'),
  ('[]', 'dead not_an_object decode 0', 'a list'),
  ('{"type": "touch.recorded"', 'dead invalid_json decode 0', 'half a body'),
  ('{}', 'dead missing_field identify 0', 'an empty object'),
  ('{"type": {"type": "order.paid"}}', 'dead missing_field identify 0', 'an object as type'),
  ('{"type": "order.paid", "type": "touch.recorded", "data": {}}', 'dead duplicate_keys decode 0', 'two types'),
  ('{"type": "order.paid"}', 'dead missing_field redact 0', 'no data'),
  ('{"type": "order.paid", "data": [{}]}', 'dead invalid_field redact 0', 'a list as data'),
  ('{"type": "order.paid", "data": {}}', 'dead missing_field normalize 0', 'empty data'),
  ('{"type": "order.refunded", "data": {}}', 'dead missing_field normalize 0', 'an empty refund'),
  ('{"type": "touch.recorded", "data": {}}', 'dead missing_field normalize 0', 'an empty touch'),
  ('{"type": "touch.recorded", "data": {"touches": []}}', 'dead missing_field normalize 0', 'a batch under the name of a touch'),
  ('{"type": "touch.batch", "data": {"touch_id": "x"}}', 'dead missing_field redact 0', 'a touch under the name of a batch'),
  ('{"type": "touch.batch", "data": {"touches": [[], [[]], {"touches": []}]}}', 'dead invalid_field normalize 1, normalize 2, normalize 3',
    'batches within a batch'),
  ('{"type": "touch.batch", "data": {"touches": [true, false, 1e2, "x"]}}',
    'dead invalid_field normalize 1, normalize 2, normalize 3, normalize 4', 'scalars within a batch'),
  ('{"type": "order.paid", "data": {"object_id": "x", "currency": {"a": "EUR"}, "amount_minor": 1}}', 'dead currency_unknown normalize 0',
    'an object as currency'),
  ('{"type": "order.paid", "data": {"object_id": "x", "currency": "EUR", "amount_minor": 1e29}}', 'dead amount_out_of_range normalize 0',
    'an absurd amount'),
  ('{"type": "order.paid", "data": {"object_id": "x", "currency": "EUR", "amount_minor": 1e-29}}', 'dead invalid_amount normalize 0',
    'a vanishing amount'),
  ('{"type": "order.paid", "data": {"object_id": "x", "currency": "EUR", "amount_minor": 1e400}}', 'dead number_out_of_range decode 0',
    'an amount no table can hold'),
  ('{"type": "touch.recorded", "data": {"touch_id": "x", "session_id": "s\u0000", "occurred_at": "2026-03-01T10:00:00Z"}}',
    'dead nul_character decode 0', 'a NUL character in a session'),
  ('{"type": "touch.recorded", "data": {"touch_id": "x", "session_id": {"email": "zebulon@example.com"}, "occurred_at": "2026-03-01T10:00:00Z"}}',
    'dead pii_violation redact 0', 'personal data inside a session'),
  ('{"type": "touch.recorded", "data": {"touch_id": "zebulon@example.com", "session_id": "s", "occurred_at": "2026-03-01T10:00:00Z"}}',
    'dead pii_violation redact 0', 'a mail address as touch id'),
  ('{"type": "order.paid", "zebulon@example.com": 1, "data": {"object_id": "x", "currency": "EUR", "amount_minor": 1}}',
    'dead pii_violation redact 0', 'personal data as a key'),
  ('{"type": "order.paid", "data": ' || repeat('{"a":', 40) || '1' || repeat('}', 41), 'dead too_deep decode 0', 'forty levels')
) as c (body, expected, name);

-- Long texts: stored short, or not at all.
select is(
  (select s.status from t, tap.send(t.tenant_id, t.endpoint_id, '{}', jsonb_build_object('type', 'touch.recorded', 'data',
    jsonb_build_object('touch_id', 'long', 'occurred_at', '2026-03-01T10:00:00Z', 'session_id', repeat('s', 500000), 'channel', repeat('c', 50000),
      'utm_source', repeat('1-', 20000), 'referrer', 'https://example.com/' || repeat('r', 50000), 'landing_page', '/?utm_x=' || repeat('1-', 8000)))::text) as s),
  'accepted', 'a touch of half a megabyte is accepted in time'
);
select ok((select length(e.payload::text) < 5000 and length(e.channel) = 200 and length(e.session_id) = 33
  from core.attribution_events as e, t where e.tenant_id = t.tenant_id and e.object_id = 'long'), 'and stored short');
select is(
  (select concat_ws(' ', s.status, s.reason, pg_temp.queued(s.receipt_id))
     from t, tap.send(t.tenant_id, t.endpoint_id, '{}', jsonb_build_object('type', 'touch.batch', 'data', jsonb_build_object('touches', (
       select jsonb_agg(jsonb_build_object('touch_id', 'p' || i, 'note', repeat('call 212-555-0143 ', 100))) from generate_series(1, 500) as i)))::text) as s),
  'dead pii_violation 500', 'a batch of 900 kB of telephone numbers is dead in time'
);
select is(
  (select concat_ws(' ', s.status, s.reason, pg_temp.queued(s.receipt_id))
     from t, tap.send(t.tenant_id, t.endpoint_id, '{}', jsonb_build_object('type', 'touch.batch', 'note', repeat('x', 100000), 'data',
       jsonb_build_object('touches', (select jsonb_agg(i) from generate_series(1, 500) as i)))::text) as s),
  'dead invalid_field 1', 'a batch is no way to store 100 kB five hundred times'
);
create temp table walked as
select s.* from t, tap.send(t.tenant_id, t.endpoint_id, '{}', jsonb_build_object('type', 'touch.batch', 'data', jsonb_build_object('touches', jsonb_build_array(
    jsonb_build_object('touch_id', 'q', 'note', repeat('zebulon@example.com ', 10000)),
    '{"touch_id": "fine", "session_id": "s", "occurred_at": "2026-03-01T10:00:00Z"}'::jsonb)))::text) as s;
select is((select concat_ws(' ', status, reason, pg_temp.queue(receipt_id)) from walked), 'accepted pii_violation redact 1', 'a touch too large to be walked costs no other');
select is((select d.payload from core.dead_events as d, walked as w where d.receipt_id = w.receipt_id), null, 'and nothing of it is kept');
select is((select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id), 2::bigint, 'nothing else is an event');
select is((select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id and d::text ~* 'zebulon|555-?0143'), 0::bigint,
  'no dead letter holds personal data');

select * from finish();
rollback;

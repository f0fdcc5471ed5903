-- A batch becomes one document per touch, each shaped like a touch that comes alone.
begin;
select plan(18);

create function pg_temp.redact(p_data text, p_more jsonb default '{}') returns core.redaction language sql as $$
  select core.redact_standard(
    jsonb_build_object('type', 'touch.batch', 'timestamp', '2026-03-01T10:00:00Z', 'data', p_data::jsonb) || p_more,
    array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)])
$$;

create temp table redacted as
select p.part, p.number, (r).payload, (r).redacted_count
from pg_temp.redact('{"touches": [
    {"touch_id": "t1", "session_id": "s1"}, {"touch_id": "t2", "session_id": "s1", "channel": "a@example.com"},
    {"touch_id": "t3", "note": "a@example.com"}, 42, "a@example.com", null, [1]]}') as r,
  unnest((r).parts) with ordinality as p (part, number);

select is((select count(*) from redacted), 7::bigint, 'each element is a part');
select is((select distinct payload from redacted), null, 'the batch as a whole is none');
select is((select redacted_count from redacted limit 1), 3, 'what was changed is counted over all of them');
select is((select count(*) from redacted where part ->> 'type' = 'touch.recorded' and part ->> 'timestamp' = '2026-03-01T10:00:00Z'),
  7::bigint, 'each is a touch.recorded with the batch''s timestamp');
select is(
  (select part from redacted where number = 1),
  (select r.payload from core.redact_standard(
    '{"type": "touch.recorded", "timestamp": "2026-03-01T10:00:00Z", "data": {"touch_id": "t1", "session_id": "s1"}}',
    array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)]) as r),
  'just as it would be alone'
);
select is((select part -> 'data' from redacted where number = c.number), c.expected::jsonb, c.name)
from (values
  (3, '{"touch_id": "t3", "note": "a@example.com"}', 'what is not documented stays for the scan'),
  (4, '42', 'a number stays where it stood'),
  (5, '"a@example.com"', 'so does a text, for the scan'),
  (6, 'null', 'and null'),
  (7, '[1]', 'and a list')
) as c (number, expected, name);

select is(
  (select (r).parts[1] from pg_temp.redact('{"source": "pixel", "touches": [{"touch_id": "t1"}]}', '{"version": 2}') as r),
  '{"type": "touch.recorded", "timestamp": "2026-03-01T10:00:00Z", "version": 2, "batch": {"source": "pixel"}, "data": {"touch_id": "t1"}}'::jsonb,
  'what stands beside the touches goes with each of them'
);

select throws_ok(format('select pg_temp.redact(%L)', c.data), c.sqlstate, null, c.name)
from (values
  ('{}', 'HL111', 'a batch without touches is refused'),
  ('{"touches": null}', 'HL111', 'null touches are refused'),
  ('{"touches": []}', 'HL112', 'an empty list is refused'),
  ('{"touches": {"touch_id": "t1"}}', 'HL112', 'an object in place of the list is refused'),
  ('{"touches": "t1"}', 'HL112', 'so is a text'),
  (jsonb_build_object('touches', array_fill('{"touch_id": "t1"}'::jsonb, array[501]))::text, 'HL112', 'and so are 501 touches'),
  (jsonb_build_object('touches', '[{"touch_id": "t1"}]'::jsonb, 'x', repeat('x', 2000))::text, 'HL112', 'and much beside them')
) as c (data, sqlstate, name);

select * from finish();
rollback;

-- The documented members of an own event lose what is personal; everything else stays for the scan.
begin;
select plan(32);

create function pg_temp.pads() returns bytea[] language sql as $$
  select array[core.hmac_pad('key of a test', 54), core.hmac_pad('key of a test', 92)]
$$;
create function pg_temp.redact(p_data jsonb, p_type text default 'touch.recorded') returns core.redaction language sql as $$
  select core.redact_standard(jsonb_build_object('type', p_type, 'timestamp', '2026-03-01T10:00:00Z', 'data', p_data), pg_temp.pads())
$$;

create temp table redacted as
select (r).payload, (r).redacted_count, (r).parts
from pg_temp.redact('{
  "touch_id": "t1", "occurred_at": "2026-03-01T10:00:00Z", "session_id": "Zebulon-1", "customer_key": " Zebulon@Example.com ",
  "channel": " paid_search ", "utm_source": "google", "utm_medium": "zebulon@example.com", "utm_campaign": 2026,
  "referrer": "https://zebulon:pw@example.com/a?q=Zebulon#Zebulon",
  "landing_page": "https://example.com/hats?email=zebulon%40example.com&utm_source=google&gclid=Zebulon", "colour": "red", "nothing": null
}') as r;

select unalike(payload::text, '%ebulon%', 'nothing that is personal stays') from redacted;
select ok(not core.contains_pii(payload), 'what stays passes the guards') from redacted;
select is(parts, null, 'one touch is no batch') from redacted;
select is(payload #> c.path::text[], c.expected::jsonb, c.name)
from redacted, (values
  ('{type}', '"touch.recorded"', 'the type stays'),
  ('{timestamp}', '"2026-03-01T10:00:00Z"', 'the timestamp stays'),
  ('{data,touch_id}', '"t1"', 'the touch id stays'),
  ('{data,occurred_at}', '"2026-03-01T10:00:00Z"', 'the time stays'),
  ('{data,channel}', '"paid_search"', 'the channel stays, trimmed'),
  ('{data,utm_source}', '"google"', 'the source stays'),
  ('{data,utm_medium}', null, 'a mail address as medium goes'),
  ('{data,utm_campaign}', '"2026"', 'a number is a label too'),
  ('{data,referrer}', '"https://example.com/a"', 'of the referrer the page stays'),
  ('{data,landing_page}', '"https://example.com/hats?utm_source=google&gclid"', 'of the landing page the page, utm parameters and names of click ids'),
  ('{data,colour}', '"red"', 'what is not documented stays for the scan'),
  ('{data,nothing}', 'null', 'even null')
) as c (path, expected, name);
select is(redacted_count, 7, 'what was changed is counted') from redacted;
select is(payload #>> '{data,customer_key}', core.pseudonymise(pg_temp.pads(), 'zebulon@example.com'),
  'the customer key becomes the pseudonym of the address, however spelled') from redacted;

-- The same pseudonym as in the note attributes of an order.
select is(payload #>> '{data,session_id}',
  core.redact_named_values('[{"name": "session_id", "value": "Zebulon-1"}]', pg_temp.pads()) ->> 'session_id',
  'the session becomes the pseudonym that other providers'' orders carry') from redacted;
select is(
  (select r.payload from core.redact_standard(redacted.payload, pg_temp.pads()) as r), redacted.payload, 'redacting twice changes nothing'
) from redacted;
select is(
  (select r.redacted_count from core.redact_standard(redacted.payload, pg_temp.pads()) as r), 0, 'nor does it count anything'
) from redacted;

select is((pg_temp.redact(c.data::jsonb)).payload -> 'data', c.expected::jsonb, c.name)
from (values
  ('{"session_id": null, "customer_key": "", "utm_source": "  ", "referrer": null}', '{}', 'null and empty members are none'),
  ('{"session_id": 17}', jsonb_build_object('session_id', core.pseudonymise(pg_temp.pads(), '17'))::text, 'a whole number is a session'),
  ('{"session_id": {"a": 1}, "customer_key": [1], "channel": true, "referrer": 5}',
    '{"session_id": {"a": 1}, "customer_key": [1], "channel": true, "referrer": 5}', 'members of the wrong type stay as they are'),
  ('{"session_id": 1.5}', '{"session_id": 1.5}', 'so does a fraction'),
  ('{}', '{}', 'nothing stays nothing')
) as c (data, expected, name);
select is(
  (pg_temp.redact('{"object_id": "o1", "customer_key": "a@example.com"}', c.type)).payload #>> '{data,customer_key}',
  core.pseudonymise(pg_temp.pads(), 'a@example.com'), 'the customer key of ' || c.type || ' becomes a pseudonym'
)
from (values ('order.paid'), ('order.refunded')) as c (type);

select throws_ok(format('select core.redact_standard(%L, null)', c.body), c.sqlstate, null, c.name)
from (values
  ('{"type": "order.paid"}', 'HL111', 'an event without data is refused'),
  ('{"type": "order.paid", "data": null}', 'HL111', 'null data are refused'),
  ('{"type": "order.paid", "data": []}', 'HL112', 'a list in place of the data is refused'),
  ('{"type": "order.paid", "data": "Zebulon"}', 'HL112', 'a text in place of the data is refused'),
  ('{"type": "touch.batch", "data": "Zebulon"}', 'HL112', 'so it is of a batch')
) as c (body, sqlstate, name);

select * from finish();
rollback;

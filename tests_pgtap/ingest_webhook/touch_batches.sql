-- A batch of touches: each is recorded once, and a bad one never costs the others.
begin;
select plan(40);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'standard') as endpoint_id, tap.endpoint(tenant_id, 'standard', '{"pii": "redact"}') as redact
from tap.tenant() as tenant_id;
create function pg_temp.touch(p_id text, p_more jsonb default '{}') returns jsonb language sql as $$
  select jsonb_build_object('touch_id', p_id, 'occurred_at', '2026-03-01T10:00:00Z', 'session_id', 's1') || p_more
$$;
create function pg_temp.batch(p_id text, p_touches jsonb, p_endpoint_id uuid default null,
  out status text, out receipt_id uuid, out event_id uuid, out reason text) language sql as $$
  select s.* from t, tap.send(t.tenant_id, coalesce(p_endpoint_id, t.endpoint_id), jsonb_build_object('webhook-id', p_id),
    jsonb_build_object('type', 'touch.batch', 'timestamp', '2026-03-01T10:00:05Z', 'data', jsonb_build_object('touches', p_touches))::text) as s
$$;
-- Volatile, as they have to see what the statement that calls them has just sent.
create function pg_temp.events(p_receipt_id uuid) returns text language sql volatile as $$
  select string_agg(e.object_id, ' ' order by e.object_id) from core.attribution_events as e, t
   where e.tenant_id = t.tenant_id and e.receipt_id = p_receipt_id
$$;
create function pg_temp.queue(p_receipt_id uuid) returns text language sql volatile as $$
  select string_agg(concat_ws(' ', d.position, d.stage, d.reason, d.detail), ', ' order by d.position)
    from core.dead_events as d, t where d.tenant_id = t.tenant_id and d.receipt_id = p_receipt_id
$$;

-- Good touches, one told twice.
create temp table good as
select s.* from pg_temp.batch('m1', jsonb_build_array(pg_temp.touch('a1'), pg_temp.touch('a2'), pg_temp.touch('a1', '{"channel": "email"}'))) as s;
select is((select row(status, reason)::text from good), '(accepted,)', 'a batch is accepted');
select is((select pg_temp.events(receipt_id) from good), 'a1 a2', 'a touch told twice in it is one event');
select is((select e.channel from core.attribution_events as e, t where e.tenant_id = t.tenant_id and e.object_id = 'a1'), null,
  'as it was told first');
select is((select e.object_id from core.attribution_events as e, good as g where e.event_id = g.event_id), 'a1', 'the receipt names the first');
select is(
  (select string_agg(distinct concat_ws(' ', e.event_type, e.kind, e.payload ->> 'type', e.payload #>> '{data,touch_id}' = e.object_id), ', ')
     from core.attribution_events as e, good as g where e.receipt_id = g.receipt_id),
  'touch.recorded touch touch.recorded t', 'each event is a touch with its own document'
);
select is((select row(s.status, s.receipt_id = g.receipt_id, s.event_id = g.event_id)::text from good as g,
  pg_temp.batch('m1', jsonb_build_array(pg_temp.touch('a1'), pg_temp.touch('a2'), pg_temp.touch('a1', '{"channel": "email"}'))) as s),
  '(duplicate,t,t)', 'a redelivery is a duplicate with the first receipt');
select is((select row(s.status, s.reason, pg_temp.events(s.receipt_id), pg_temp.queue(s.receipt_id))::text
  from pg_temp.batch('m2', jsonb_build_array(pg_temp.touch('a2'), pg_temp.touch('a1'))) as s),
  '(duplicate,already_known,,)', 'the same touches under another webhook id tell nothing new');
select is((select row(s.status, s.reason, pg_temp.events(s.receipt_id))::text
  from pg_temp.batch('m3', jsonb_build_array(pg_temp.touch('a1'), pg_temp.touch('a3'), pg_temp.touch('a2'))) as s),
  '(accepted,,a3)', 'one new touch among known ones is accepted');
select is((select row(s.status, s.reason, pg_temp.events(s.receipt_id))::text
  from t, tap.send(t.tenant_id, t.endpoint_id, '{"webhook-id": "m4"}', jsonb_build_object('type', 'touch.recorded', 'data', pg_temp.touch('a3'))::text) as s),
  '(duplicate,already_known,)', 'a touch of a batch that comes alone is known');

-- Bad touches among good ones, each dead at its position.
create temp table mixed as
select s.* from pg_temp.batch('m5', jsonb_build_array(
  pg_temp.touch('b1'), pg_temp.touch('b2', '{"note": "zebulon@example.com"}'), pg_temp.touch('b3', '{"session_id": null}'), 42, 'zebulon@example.com',
  pg_temp.touch('b6', '{"occurred_at": "2026-03-01T10:00:00"}'), pg_temp.touch('b7', '{"touch_id": null}'), null,
  pg_temp.touch('b9', '{"customer_key": "zebulon@example.com", "utm_source": "212-555-0143"}'), pg_temp.touch(repeat('b', 129)))) as s;
select is((select row(status, reason)::text from mixed), '(accepted,pii_violation)', 'a batch with bad touches is accepted, with the first one''s reason');
select is((select pg_temp.events(receipt_id) from mixed), 'b1 b9', 'the good ones are recorded');
select is((select pg_temp.queue(receipt_id) from mixed),
  '2 redact pii_violation data.note, 3 normalize missing_field data.session_id, 4 normalize invalid_field data, '
  '5 redact pii_violation data, 6 normalize invalid_timestamp data.occurred_at, 7 normalize missing_field data.touch_id, '
  '8 normalize invalid_field data, 10 normalize invalid_field data.touch_id',
  'each bad one is dead at its position, for its own reason');
select is(
  (select string_agg(concat_ws(' ', d.position, d.payload ->> 'type', d.payload #>> '{data,touch_id}', d.payload #>> '{data,note}'), ', ' order by d.position)
     from core.dead_events as d, mixed as m where d.receipt_id = m.receipt_id and d.position in (2, 3)),
  '2 touch.recorded b2 [email], 3 touch.recorded b3', 'a dead letter holds its own touch, redacted');
select is((select distinct d.topic from core.dead_events as d, mixed as m where d.receipt_id = m.receipt_id), 'touch.batch',
  'and the topic it came under');
select is((select row(s.status, s.receipt_id = m.receipt_id, pg_temp.queue(s.receipt_id) ~ '^2 .*10 ')::text
  from mixed as m, pg_temp.batch('m5', jsonb_build_array(
    pg_temp.touch('b1'), pg_temp.touch('b2', '{"note": "zebulon@example.com"}'), pg_temp.touch('b3', '{"session_id": null}'), 42, 'zebulon@example.com',
    pg_temp.touch('b6', '{"occurred_at": "2026-03-01T10:00:00"}'), pg_temp.touch('b7', '{"touch_id": null}'), null,
    pg_temp.touch('b9', '{"customer_key": "zebulon@example.com", "utm_source": "212-555-0143"}'), pg_temp.touch(repeat('b', 129)))) as s),
  '(duplicate,t,t)', 'its redelivery buries nothing again');
select is((select row(s.status, s.reason, pg_temp.events(s.receipt_id), pg_temp.queue(s.receipt_id))::text
  from pg_temp.batch('m6', jsonb_build_array(pg_temp.touch('b2'))) as s), '(accepted,,b2,)', 'a mended touch is recorded');

-- Nothing good in it.
create temp table bad as
select s.* from pg_temp.batch('m7', jsonb_build_array(pg_temp.touch('c1', '{"session_id": ""}'), '{}'::jsonb)) as s;
select is((select row(status, reason, event_id)::text from bad), '(dead,missing_field,)', 'a batch of bad touches only is dead');
select is((select pg_temp.queue(receipt_id) from bad), '1 normalize missing_field data.session_id, 2 normalize missing_field data.touch_id',
  'with a dead letter for each');
select is((select row(s.status, s.reason, s.event_id is null)::text from bad,
  pg_temp.batch('m7', jsonb_build_array(pg_temp.touch('c1', '{"session_id": ""}'), '{}'::jsonb)) as s),
  '(duplicate,missing_field,t)', 'its redelivery is a duplicate');
select is((select string_agg(distinct d.seen_count::text, ' ') from core.dead_events as d, bad as b where d.receipt_id = b.receipt_id), '2',
  'and its dead letters were seen twice');

-- What is no batch.
select is((select row(s.status, s.reason, pg_temp.queue(s.receipt_id))::text from pg_temp.batch('n' || c.number, c.touches) as s),
  format('(dead,%s,"0 redact %s data.touches")', c.reason, c.reason), c.name || ' is dead as a whole')
from (values
  (1, '[]'::jsonb, 'invalid_field', 'an empty batch'),
  (2, '{"0": {"touch_id": "d2"}}', 'invalid_field', 'an object of touches'),
  (3, 'null', 'missing_field', 'a batch of null'),
  (4, '"zebulon@example.com"', 'invalid_field', 'a text'),
  (5, (select jsonb_agg(pg_temp.touch('d5-' || i)) from generate_series(1, 501) as i), 'invalid_field', 'a batch of 501')
) as c (number, touches, reason, name);
select is((select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id and e.object_id like 'd%'), 0::bigint,
  'nothing of them is an event');

-- Personal data beside the touches, and an endpoint that redacts.
create function pg_temp.beside(p_id text, p_redact boolean) returns text language sql as $$
  select concat_ws(' ', s.status, s.reason, pg_temp.queue(s.receipt_id), pg_temp.events(s.receipt_id))
    from t, lateral tap.send(t.tenant_id, case when p_redact then t.redact else t.endpoint_id end, jsonb_build_object('webhook-id', p_id),
      jsonb_build_object('type', 'touch.batch', 'sent_by_email', 'zebulon@example.com', 'data',
        jsonb_build_object('visitor_name', 'call 212-555-0143', 'touches', jsonb_build_array(pg_temp.touch(p_id || '1'), pg_temp.touch(p_id || '2'))))::text) as s
$$;
select is(pg_temp.beside('e', false), 'dead pii_violation 1 redact pii_violation batch.visitor_name, sent_by_email, 2 redact pii_violation batch.visitor_name, sent_by_email', 'personal data beside the touches quarantine each of them');
select is(pg_temp.beside('f', true), 'accepted f1 f2', 'or go, where the endpoint redacts');
select is((select row(s.status, pg_temp.events(s.receipt_id))::text from t,
  pg_temp.batch('g', jsonb_build_array(pg_temp.touch('g1', '{"note": "zebulon@example.com"}'), pg_temp.touch('g2')), t.redact) as s),
  '(accepted,"g1 g2")', 'a touch with personal data is recorded there');
select is((select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id and e::text ~* 'zebulon|555-?0143'), 0::bigint,
  'no event holds any of it');
select is((select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id and d::text ~* 'zebulon|555-?0143'), 0::bigint,
  'no dead letter does');

-- Five hundred.
set local statement_timeout = '20s';  -- far more than it takes, far less than squared
create temp table large as
select jsonb_agg(pg_temp.touch('h' || i, jsonb_build_object('session_id', 'session ' || i % 50, 'customer_key', format('p%s@example.com', i % 50),
    'channel', 'paid_search', 'utm_source', 'google', 'utm_medium', 'cpc', 'utm_campaign', 'spring_linen',
    'referrer', 'https://search.example/results?q=linen', 'landing_page', 'https://shop.example/linen?utm_source=google&utm_medium=cpc&gclid=x' || i))
    order by i) as touches
from generate_series(1, 500) as i;
create temp table sent as select s.* from large, pg_temp.batch('l1', touches) as s;
select is((select row(status, reason)::text from sent), '(accepted,)', 'a batch of five hundred is accepted in time');
select is((select count(*) from core.attribution_events as e, sent as s where e.receipt_id = s.receipt_id), 500::bigint, 'each is an event');
select is((select count(distinct e.session_id) from core.attribution_events as e, sent as s where e.receipt_id = s.receipt_id), 50::bigint,
  'of its session');
select is((select row(s.status, s.reason)::text from large, pg_temp.batch('l2', touches) as s), '(duplicate,already_known)',
  'the whole again under another id is in time too');
select is((select row(s.status, s.reason)::text from pg_temp.batch('l3',
  (select jsonb_agg(pg_temp.touch('i' || i, '{"note": "zebulon@example.com", "occurred_at": 5}')) from generate_series(1, 500) as i)) as s),
  '(dead,pii_violation)', 'and so are five hundred that are quarantined');
select is((select max(d.position) from core.dead_events as d, t where d.tenant_id = t.tenant_id), 500, 'up to the last position');

-- Of more than can be walked in time the rest is refused where it may hold personal data.
create temp table too_much as
select s.* from t, pg_temp.batch('l4', (select jsonb_agg(pg_temp.touch('j' || i, jsonb_build_object(
    'note', repeat('linen ', 200) || case when i % 2 = 0 then 'zebulon@example.com' else '' end)) order by i) from generate_series(1, 500) as i), t.redact) as s;
select is((select row(status, reason)::text from too_much), '(accepted,pii_violation)', 'a batch of 600 kB is accepted');
select is((select count(*) filter (where right(e.object_id, 1)::int % 2 = 1) from core.attribution_events as e, too_much as m where e.receipt_id = m.receipt_id),
  250::bigint, 'all its touches without personal data are recorded');
select is((select row(min(d.position) > 300, bool_and(d.position % 2 = 0), string_agg(distinct d.detail, ', '), bool_or(d.payload is not null))::text
    from core.dead_events as d, too_much as m where d.receipt_id = m.receipt_id),
  '(t,t,"too large to be redacted",f)', 'of those with, the last ones are dead and nothing of them is kept');

select * from finish();
rollback;

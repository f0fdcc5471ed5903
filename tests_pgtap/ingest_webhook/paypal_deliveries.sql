-- One event may be delivered several times, under several transmissions; one transmission brings one body. What cannot be read is kept without its text.
begin;
select plan(41);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'paypal') as endpoint_id, tap.endpoint(tenant_id, 'paypal', '{"pii": "redact"}') as lenient_id
from tap.tenant() as tenant_id;
create function pg_temp.event(p_id text, p_topic text default 'PAYMENT.CAPTURE.COMPLETED', p_more jsonb default '{}', p_value text default '100.00') returns jsonb
language sql as $$
  select jsonb_build_object('id', p_id, 'event_type', p_topic, 'create_time', '2026-03-02T14:14:10.482Z', 'resource', jsonb_build_object(
    'id', replace(p_id, 'WH-', 'C-'), 'status', 'COMPLETED', 'create_time', '2026-03-02T14:14:06Z',
    'amount', jsonb_build_object('currency_code', 'USD', 'value', p_value))) || p_more
$$;
create function pg_temp.send(p_body text, p_transmission text default gen_random_uuid()::text, p_endpoint_id uuid default null) returns text language sql as $$
  select s.status || ' ' || coalesce(s.reason, '-')
    from t, tap.send(t.tenant_id, coalesce(p_endpoint_id, t.endpoint_id), jsonb_build_object('paypal-transmission-id', p_transmission), p_body) as s
$$;
create function pg_temp.send(p_body jsonb, p_transmission text default gen_random_uuid()::text) returns text language sql as $$
  select pg_temp.send(p_body::text, p_transmission)
$$;
create function pg_temp.sales() returns text language sql as $$
  select string_agg(concat_ws(' ', l.object_id, l.amount_minor), ', ' order by l.booked_at) from core.revenue_ledger as l join t using (tenant_id)
$$;

select is(pg_temp.send(pg_temp.event('WH-1'), 'tr-1'), 'accepted -', 'an event is new');
select is(pg_temp.send(pg_temp.event('WH-1'), 'tr-1'), 'duplicate -', 'the same transmission again is the same delivery');
select is(pg_temp.send(pg_temp.event('WH-1'), 'tr-2'), 'duplicate -', 'so is a resend under a transmission of its own');
select is((select max(d.seen_count) from core.webhook_dedup_events as d join t using (tenant_id)), 3, 'all three are counted');
select is(pg_temp.send(pg_temp.event('WH-1', p_more => '{"status": "SUCCESS", "transmissions": [{"transmission_id": "tr-1"}]}'), 'tr-3'),
  'duplicate already_known',
  'resent with the log of its transmissions, its fact is known');
select is(pg_temp.send(pg_temp.event('WH-1', p_more => '{"transmissions": [{"transmission_id": "tr-1"}, {"transmission_id": "tr-3"}]}'), 'tr-4'),
  'duplicate already_known',
  'also when the log has grown');
select is((select count(*) from core.dead_events as d join t using (tenant_id)), 0::bigint, 'nothing of this waits for a person');
select is(pg_temp.sales(), 'C-1 10000', 'and it is one sale');
-- The resend may be all that arrives
select is(pg_temp.send(pg_temp.event('WH-2', p_more => '{"transmissions": [{"transmission_id": "tr-5"}]}'), 'tr-6'), 'accepted -',
  'a resend alone');
select is(pg_temp.send(pg_temp.event('WH-2'), 'tr-5'), 'duplicate already_known', 'and the original after it');

-- A signature covers a CRC32 of the body only: it is good for the first body that came with it.
select is(pg_temp.send(pg_temp.event('WH-3'), 'tr-7'), 'accepted -', 'a transmission brings an event');
select is(pg_temp.send(pg_temp.event('WH-3', p_value => '999.00'), 'tr-7'), 'dead delivery_id_conflict',
  'the same one with another amount is refused');
select is(pg_temp.send(pg_temp.event('WH-4', p_value => '999.00'), 'tr-7'), 'dead delivery_id_conflict', 'so is it with another event');
select is(pg_temp.send(pg_temp.event('WH-5', p_more => '{"transmissions": []}'), 'tr-7'), 'dead delivery_id_conflict',
  'whatever it says of transmissions');
select is(pg_temp.send(pg_temp.event('WH-3', p_value => '998.00'), 'tr-8'), 'dead delivery_id_conflict',
  'one event with two bodies is for a person to compare');
select is(pg_temp.sales(), 'C-1 10000, C-2 10000, C-3 10000', 'none of it is booked');
select is(pg_temp.send(pg_temp.event('WH-40', p_value => '999.00'), 'tr-7'), 'dead delivery_id_conflict', 'a forged event');
select is(pg_temp.send(pg_temp.event('WH-40', p_value => '0.00'), 'tr-40'), 'accepted -',
  'does not use up the id of the true one');
select is(pg_temp.send(pg_temp.event('WH-6', 'CHECKOUT.ORDER.APPROVED'), 'tr-9'), 'ignored topic',
  'an event that is ignored uses its transmission up');
select is(pg_temp.send(pg_temp.event('WH-7'), 'tr-9'), 'dead delivery_id_conflict', 'too');

-- The simulator gives one id to several types, and the same event each time
select is(pg_temp.send(pg_temp.event('WH-COC11055RA711503B-4YM959094A144403T', 'CHECKOUT.ORDER.APPROVED')), 'ignored topic',
  'the simulator''s approved order');
select is(pg_temp.send(pg_temp.event('WH-COC11055RA711503B-4YM959094A144403T')), 'accepted -', 'and its capture of the same event id');
select is(pg_temp.send(pg_temp.event('WH-COC11055RA711503B-4YM959094A144403T')), 'duplicate -', 'simulated a second time it is known');

-- Without an id, without a transmission
select is(pg_temp.send(pg_temp.event('WH-8') - 'id'), 'accepted -', 'an event without id');
select is(pg_temp.send(pg_temp.event('WH-8') - 'id'), 'duplicate -', 'is known by its body');
select is((select s.status from t, tap.send(t.tenant_id, t.endpoint_id, '{}', pg_temp.event('WH-9')::text) as s), 'accepted',
  'a DBA has no transmission');
select is((select count(*) from core.delivery_proofs as p join t using (tenant_id) where p.proof_key is null), 0::bigint,
  'and leaves no proof');

-- What cannot be read
select is(pg_temp.send(c.body), 'dead ' || c.reason, c.name)
from (values
  ('{"id": "WH-10", "event_type": "PAYMENT.SALE.COMPLETED", "resource": ["kim@example.com"]}', 'invalid_field',
    'a resource that is no object'),
  ('{"id": "WH-11", "event_type": "PAYMENT.SALE.COMPLETED"}', 'missing_field', 'no resource'),
  ('{"id": "WH-12", "resource": {"payer": {"email_address": "kim@example.com"}}}', 'missing_field', 'no type'),
  ('["kim@example.com"]', 'not_an_object', 'a list'),
  ('webhook_id=1&email=kim@example.com', 'invalid_json', 'a form'),
  (pg_temp.event('WH-13', p_value => 'kim@example.com')::text, 'pii_violation', 'a mail address in the place of an amount'),
  (jsonb_set(pg_temp.event('WH-14'), '{resource,create_time}', '"+1 212 555 0143"')::text, 'pii_violation',
    'a telephone number in the place of a time'),
  (jsonb_set(pg_temp.event('WH-15'), '{resource,amount,currency_code}', '"XYZ"')::text, 'currency_unknown', 'an unknown currency'),
  (pg_temp.event('WH-16', 'CHECKOUT.ORDER.COMPLETED', '{"resource": {"id": "O1", "purchase_units": {"payments": {}}}}')::text, 'invalid_field',
    'units that are no list')
) as c (body, reason, name);
select is(
  (select string_agg(d.detail, ', ' order by d.detail) from core.dead_events as d join t using (tenant_id) where d.reason in ('invalid_field',
    'currency_unknown')),
  'resource, resource.amount, resource.purchase_units', 'the letters name what is wrong');
select is((select count(*) from core.dead_events as d join t using (tenant_id)
    where concat_ws(' ', d.payload, d.masked_body, d.detail, d.headers) ~ 'kim@|555 0143'), 0::bigint, 'and hold no personal data');
select is(pg_temp.send(jsonb_set(pg_temp.event('WH-17'), '{resource,custom_id}', '"kim@example.com, +1 212 555 0143"')), 'accepted -',
  'a merchant''s free text may hold anything: it is dropped');
select is((select pg_temp.send(pg_temp.event('WH-18', p_value => 'kim@example.com')::text, p_endpoint_id => lenient_id) from t),
  'dead invalid_amount',
  'where personal data is only replaced, what is left is no amount');
select is((select count(*) from core.attribution_events as e join t using (tenant_id) where e.payload::text ~ 'kim@|555 0143'), 0::bigint,
  'none of it is kept');

select * from finish();
rollback;

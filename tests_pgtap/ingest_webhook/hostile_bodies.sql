-- Each body that cannot be booked is one row of the queue, with its stage, its code and its length, and never an error.
begin;
select plan(31);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as endpoint_id from tap.tenant() as tenant_id;

create temp table cases as
select row_number() over () as number, c.name, c.expected, coalesce(c.bytes, convert_to(c.body, 'UTF8')) as body
from (values
  ('an empty body', 'decode invalid_json HL102', '', null),
  ('truncated JSON', 'decode invalid_json HL102', '{"id": 1, "total_price": "10.0', null),
  ('a form', 'decode invalid_json HL102', 'id=1&email=zebulon%40example.com', null),
  ('a lone surrogate', 'decode invalid_json HL102', '{"id": 1, "note": "\ud83d"}', null),
  ('not UTF-8', 'decode invalid_utf8 HL101', null, '\x7b226964223a312c226e6f7465223a22e9227d'::bytea),
  ('JSON null', 'decode not_an_object HL103', 'null', null),
  ('an array', 'decode not_an_object HL103', '[{"id": 1}]', null),
  ('a scalar', 'decode not_an_object HL103', '42', null),
  ('a NUL character', 'decode nul_character HL104', '{"id": 1, "note": "a\u0000b"}', null),
  ('a hundred levels', 'decode too_deep HL105', repeat('{"a":', 100) || '1' || repeat('}', 100), null),
  ('a duplicate key', 'decode duplicate_keys HL107', '{"id": 1, "total_price": "1.00", "total_price": "2.00"}', null),
  ('an absurd exponent', 'decode number_out_of_range HL108', '{"id": 1, "total_price": 1e400}', null),
  ('no total', 'normalize missing_field HL111', '{"id": 1, "currency": "EUR", "created_at": "2026-03-01T00:00:00Z"}', null),
  ('a total that is NaN', 'normalize invalid_amount HL113', '{"id": 1, "total_price": "NaN", "currency": "EUR"}', null),
  ('a total of twenty digits', 'normalize amount_out_of_range HL114', '{"id": 1, "total_price": "99999999999999999999.00", "currency": "EUR"}', null),
  ('an object as total', 'normalize invalid_amount HL113', '{"id": 1, "total_price": {"a": 1}, "currency": "EUR"}', null),
  ('a time out of range', 'normalize invalid_timestamp HL115',
    '{"id": 1, "total_price": "1.00", "currency": "EUR", "processed_at": "9999-12-31T23:59:59Z"}', null),
  ('an unreadable time', 'normalize invalid_timestamp HL115',
    '{"id": 1, "total_price": "1.00", "currency": "EUR", "processed_at": "soon"}', null),
  ('no currency', 'normalize currency_missing HL116', '{"id": 1, "total_price": "1.00"}', null),
  ('an unknown currency', 'normalize currency_unknown HL117', '{"id": 1, "total_price": "1.00", "currency": "ZZZ"}', null),
  ('a list as id', 'normalize invalid_field HL112', '{"id": [1], "total_price": "1.00", "currency": "EUR"}', null),
  ('personal data as a key', 'redact pii_violation 23514', '{"id": 1, "zebulon@example.com": 1}', null)
) as c (name, expected, body, bytes);
insert into cases
select 100, 'two megabytes of keys', 'decode too_many_keys HL106',
  convert_to('{"id":1' || string_agg(format(',"k%s":%s', lpad(i::text, 6, '0'), i), '') || '}', 'UTF8')
from generate_series(1, 125000) as i;
insert into cases values
  (101, 'a hundred thousand levels', 'decode too_deep HL105', convert_to(repeat('[', 100000) || repeat(']', 100000), 'UTF8'));

create temp table answers as
select c.number, s.*
from cases as c, t, lateral api.ingest_webhook(t.tenant_id, t.endpoint_id,
  jsonb_build_object('x-shopify-topic', 'orders/paid', 'x-shopify-webhook-id', 'w-' || c.number,
    'x-shopify-triggered-at', '2026-03-04T05:06:07Z'), c.body, 'signature') as s;

select is(
  (select string_agg(concat_ws(' ', d.stage, d.reason, d.sqlstate), ', ') from core.dead_events as d, answers as a, t
    where d.tenant_id = t.tenant_id and d.receipt_id = a.receipt_id and a.number = c.number),
  c.expected, format('%s is one row: %s', c.name, c.expected)
)
from cases as c
order by c.number;

select is((select count(*) from answers where status = 'dead' and event_id is null), (select count(*) from cases), 'every answer is dead');
select is((select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id), (select count(*) from cases), 'there are no other rows');
select is_empty(
  'select c.name from cases as c join answers as a using (number) join core.dead_events as d on d.receipt_id = a.receipt_id
    where d.body_bytes <> octet_length(c.body) or d.body_sha256 <> sha256(c.body)',
  'length and hash of every body are kept'
);
select is_empty(
  'select c.name from cases as c join answers as a using (number) join core.dead_events as d on d.receipt_id = a.receipt_id
    where d.stage <> ''decode'' and (d.payload is null or d.masked_body is not null)
       or d.stage = ''decode'' and d.payload is not null
       or d.stage = ''decode'' and octet_length(c.body) > 0 and d.masked_body is null',
  'what could be read is kept as redacted payload, what could not as its shape'
);
select is_empty(
  'select d.dead_event_id from core.dead_events as d, t where d.tenant_id = t.tenant_id and (d::text ~ ''zebulon'' or octet_length(d.masked_body) > 2000)',
  'no shape is long, and none holds personal data'
);
select is((select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id), 0::bigint, 'none is an event');
select is((select count(*) from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id), 0::bigint, 'none is booked');

select * from finish();
rollback;

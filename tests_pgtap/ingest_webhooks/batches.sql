-- Several webhooks in one call: each as if it came alone, all of them or none.
begin;
select plan(17);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify, tap.endpoint(tenant_id, 'stripe') as stripe
  from tap.tenant() as tenant_id;
create temp table w (n integer, endpoint_id uuid, headers jsonb, body bytea);
insert into w
select 1, shopify, tap.shopify_headers('orders/paid'), convert_to(tap.shopify_order(1)::text, 'UTF8') from t
union all
select 2, shopify, tap.shopify_headers('orders/paid'), convert_to('{"id": 2', 'UTF8') from t
union all
select 3, shopify, tap.shopify_headers('orders/paid'),
  convert_to(tap.shopify_order(3, p_more => '{"gift_text": "for someone@example.org"}')::text, 'UTF8') from t
union all
select 4, shopify, tap.shopify_headers('customers/create'), convert_to('{}', 'UTF8') from t;
insert into w select 5, endpoint_id, headers, body from w where n = 1;

create function pg_temp.send(p_where text default 'true', p_tenant_id uuid default null)
  returns table (ordinal integer, status text, receipt_id uuid, event_id uuid, reason text) language plpgsql as $$
begin
  return query execute format(
    'select r.* from (select array_agg(endpoint_id order by n) as e, array_agg(headers order by n) as h, '
    'array_agg(body order by n) as b, array_agg(''none''::text) as v from w where %s) as a, '
    'api.ingest_webhooks(%L, a.e, a.h, a.b, a.v) as r', p_where, coalesce(p_tenant_id, (select tenant_id from t)));
end
$$;

create temp table told as select * from pg_temp.send();
select results_eq(
  'select ordinal, status, reason from told order by ordinal',
  $$ values (1, 'accepted', null), (2, 'dead', 'invalid_json'), (3, 'dead', 'pii_violation'), (4, 'ignored', 'topic'),
    (5, 'duplicate', null) $$,
  'each gets its own receipt, in its place');
select is(
  (select receipt_id from told where ordinal = 5), (select receipt_id from told where ordinal = 1),
  'the second of two equal ones gets the first one''s receipt');
select is(
  (select event_id from told where ordinal = 1), (select e.event_id from core.attribution_events as e, t where e.tenant_id = t.tenant_id),
  'the event is there');
select is((select count(*) from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id), 1::bigint, 'and booked once');
select is((select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id), 2::bigint, 'and the dead letters are written');
select results_eq(
  $$ select status from pg_temp.send('n < 3') order by ordinal $$, $$ values ('duplicate'), ('duplicate') $$,
  'the same batch again tells duplicates');

-- All or nothing
insert into w select 6, gen_random_uuid(), headers, body from w where n = 1;
insert into w select 7, endpoint_id, headers || '{"x-shopify-event-id": "e-7"}', convert_to(tap.shopify_order(7)::text, 'UTF8') from w where n = 1;
select throws_ok($$ select pg_temp.send('n in (6, 7)') $$, 'HL001', null, 'an unknown endpoint refuses the batch');
select is(
  (select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id), 1::bigint,
  'and nothing of it is recorded');
select results_eq($$ select status from pg_temp.send('n = 7') $$, $$ values ('accepted') $$, 'its other webhook is accepted alone');
select throws_ok(
  format('select pg_temp.send(''n = 7'', %L)', tap.tenant('another')), 'HL001', null,
  'another tenant''s endpoint is unknown');
select throws_ok(
  $$ select api.ingest_webhooks(null, array[stripe], array['{}']::jsonb[], array['{}'::bytea], array['none']) from t $$,
  'HL002', null, 'no tenant is refused');

-- The arrays
select is_empty(
  $$ select * from t, api.ingest_webhooks(t.tenant_id, '{}', '{}', '{}', '{}') $$, 'no webhooks, no receipts');
select throws_ok(
  format($$ select api.ingest_webhooks(tenant_id, array[stripe, stripe], %s, %s, %s) from t $$, c.headers, c.bodies, c.verifications),
  'HL010', null, 'fewer ' || c.name || ' than endpoints are refused')
from (values
  ('headers', $$array['{}']::jsonb[]$$, $$array['{}', '{}']::bytea[]$$, $$array['none', 'none']$$),
  ('bodies', $$array['{}', '{}']::jsonb[]$$, $$array['{}']::bytea[]$$, $$array['none', 'none']$$),
  ('verifications', $$array['{}', '{}']::jsonb[]$$, $$array['{}', '{}']::bytea[]$$, $$array['none']$$),
  ('arrays at all', 'null', 'null', 'null')
) as c (name, headers, bodies, verifications);

-- Who waits for a lock must not hold up the others
select ok(
  'lock_timeout=250ms' = any (proconfig), 'a batch waits for locks a quarter of a second at most')
from pg_proc where oid = 'api.ingest_webhooks(uuid, uuid[], jsonb[], bytea[], text[])'::regprocedure;

select * from finish();
rollback;

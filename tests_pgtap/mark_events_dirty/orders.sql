-- Which days an order's events mark: their own, and what their allocations depend on, no others.
begin;
select plan(25);

create temp table t as
  select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify from tap.tenant() as tenant_id;
create temp table other as select tap.tenant('Another') as tenant_id;
create function pg_temp.marked() returns text language plpgsql as $$
declare
  v_days text := (select tap.dirty_days(tenant_id) from t);
begin
  perform tap.clear_jobs(tenant_id) from t;
  return v_days;
end $$;

select is(tap.sale(tenant_id, 'o1', '2026-03-02T23:30:00-02:00', 1000), 'accepted', 'a sale') from t;
select is(pg_temp.marked(), '2026-03-03', 'marks its UTC day');
select is(tap.sale(tenant_id, 'o1', '2026-03-02T23:30:00-02:00', 1000), 'duplicate already_known',
  'told again') from t;
select is(pg_temp.marked(), null, 'it marks nothing');
select is(tap.refund(tenant_id, 'r1', 'o1', '2026-03-09T10:00:00Z', 100), 'accepted', 'a refund')
  from t;
select is(pg_temp.marked(), '2026-03-09', 'marks its own day, and not that of the sale');
select is(tap.refund(tenant_id, 'r0', 'o1', '2026-03-08T10:00:00Z', 100), 'accepted',
  'a refund of an earlier time') from t;
select is(pg_temp.marked(), '2026-03-08, 2026-03-09',
  'marks the later one too: they are divided in order');

select is(tap.refund(tenant_id, 'q1', 'o2', '2026-04-09T10:00:00Z', 100), 'accepted',
  'a refund before its sale') from t;
select is(pg_temp.marked(), '2026-04-09', 'marks its day');
select is(tap.sale(tenant_id, 'o2', '2026-04-02T10:00:00Z', 1000), 'accepted', 'and the sale')
  from t;
select is(pg_temp.marked(), '2026-04-02, 2026-04-09', 'marks its own and the refund''s');
select is(tap.sale(tenant_id, 'o3', '2026-04-02T10:00:00Z', 0), 'accepted', 'an order of nothing')
  from t;
select is(pg_temp.marked(), null, 'marks nothing');

-- Shopify tells an order several times.
create function pg_temp.shopify(p_topic text, p_status text, p_more jsonb) returns text language sql as $$
  select w.status from t, tap.shopify(tenant_id, shopify, p_topic,
    tap.shopify_order(7, p_more => jsonb_build_object('financial_status', p_status) || p_more)) as w $$;
select is(pg_temp.shopify('orders/create', 'pending', '{"cart_token": "cart"}'), 'accepted',
  'an order that nobody has paid');
select is(pg_temp.marked(), null, 'marks nothing');
select is(pg_temp.shopify('orders/paid', 'paid', '{"processed_at": "2026-03-01T10:00:00Z"}'), 'accepted',
  'the same order, paid');
select is(pg_temp.marked(), '2026-03-01', 'marks its day');
select is(pg_temp.shopify('orders/cancelled', 'paid',
  '{"cancelled_at": "2026-03-20T10:00:00Z", "referring_site": "https://www.google.com/"}'), 'accepted',
  'the same order, cancelled later, and now with its origin');
select is(pg_temp.marked(), '2026-03-01', 'marks the day of the sale, whose journey it may change');
select is(pg_temp.shopify('orders/create', 'paid', '{"processed_at": "2026-02-27T10:00:00Z"}'), 'superseded',
  'told as a sale of an earlier day');
select is(pg_temp.marked(), '2026-02-27, 2026-03-01', 'it marks both');
select is((select min(c.occurred_at) from t, core.conversions(tenant_id, '2026-02-01Z', '2026-03-30Z') as c
  where c.object_id = '7'), '2026-02-27 10:00Z', 'and the earlier one counts');

select is((select w.status from t, api.ingest_webhook(tenant_id, shopify, tap.shopify_headers('orders/paid'),
  convert_to(tap.shopify_order(8)::text, 'UTF8'), 'unverified') as w), 'accepted', 'an unverified order');
select is(pg_temp.marked(), null, 'marks nothing');

select * from finish();
rollback;

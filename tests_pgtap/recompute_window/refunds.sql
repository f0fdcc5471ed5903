-- Refunds take back from the channels what these earned, on the refund's day, to the last unit.
begin;
select plan(39);

create temp table t as select tap.tenant() as tenant_id;
create function pg_temp.run(p_day date) returns core.attribution_recompute_jobs language sql
  as $$ select j.* from t, api.recompute_window(
    tenant_id, p_day::timestamp at time zone 'UTC', (p_day + 1)::timestamp at time zone 'UTC', 'linear') as j $$;
create function pg_temp.shares(p_object text) returns text language sql
  as $$ select tap.shares(tenant_id, p_object, 'linear') from t $$;
select is(tap.touch(tenant_id, c.channel, '2026-03-02T08:00:00Z', c.channel, 'A'), 'accepted',
  c.channel)
  from t, unnest(array['direct', 'email', 'referral']) as c (channel);

-- A refund that comes before its sale
select is(tap.refund(tenant_id, 'r1', 'o1', '2026-03-05T12:00:00Z', 100), 'accepted',
  'a refund comes first') from t;
select is((pg_temp.run('2026-03-05')).waiting_count, 1, 'it waits for its sale');
select is(pg_temp.shares('r1'), null, 'and is not allocated');
select is(tap.sale(tenant_id, 'o1', '2026-03-02T12:00:00Z', 1000, 'A'), 'accepted', 'its sale')
  from t;
select tap.clear_jobs(tenant_id) is null from t \g /dev/null
select is((pg_temp.run('2026-03-02')).allocation_count, 3, 'the sale is allocated');
select is(tap.dirty_days(tenant_id), '2026-03-05', 'which marks the day of its refund') from t;
select is((pg_temp.run('2026-03-05')).reversal_count, 1, 'now the refund is there');
select is(pg_temp.shares('o1'), 'direct 334, email 333, referral 333', 'a sale over three channels');
select is(pg_temp.shares('r1'), 'direct -34, email -33, referral -33',
  'its refund in proportion, by largest remainder');

-- Until nothing is left
select is(tap.refund(tenant_id, 'r' || n, 'o1',
    to_char(date '2026-03-05' + n, 'YYYY-MM-DD"T12:00:00Z"'), 100),
  'accepted', format('refund %s of ten', n))
  from t, generate_series(2, 10) as n;
select is((select count(*) from generate_series(date '2026-03-07', '2026-03-15', '1 day') as d,
  lateral pg_temp.run(d::date)), 9::bigint, 'each on a day of its own');
select is_empty(
  $$ select channel, sum(amount_minor) from core.attribution_allocations join t using (tenant_id)
      group by channel having sum(amount_minor) <> 0 $$,
  'ten tenths leave nothing with any channel');
select is_empty(
  $$ select object_id, sum(amount_minor) from core.attribution_allocations join t using (tenant_id)
      where kind = 'refund' group by object_id having sum(amount_minor) <> -100 $$,
  'and each tenth is a tenth');

-- The sale's day was never computed
select is(tap.sale(tenant_id, 'o2', '2026-04-02T12:00:00Z', 300), 'accepted', 'a sale') from t;
select is(tap.refund(tenant_id, 'q1', 'o2', '2026-04-05T12:00:00Z', 100), 'accepted', 'its refund')
  from t;
select is((pg_temp.run('2026-04-05')).allocation_count, 1,
  'only the refund''s window is asked for: the sale''s day is computed first');
select is(pg_temp.shares('q1'), 'unattributed -100', 'what nobody earned is taken from nobody');

-- More than was sold
select is(tap.refund(tenant_id, 'p1', 'o3', '2026-05-05T12:00:00Z', 500), 'accepted',
  'a refund of more than its sale, before it') from t;
select is(tap.sale(tenant_id, 'o3', '2026-05-02T12:00:00Z', 300), 'accepted refund_exceeds_sale',
  'the sale takes back what is too much') from t;
select is((select sum(j.allocation_count) from unnest(array['2026-05-02', '2026-05-05']::date[]) as d,
  lateral pg_temp.run(d) as j), 3::bigint, 'sale, correction and refund are allocated');
select is(
  (select sum(amount_minor) from core.attribution_allocations join t using (tenant_id)
    where occurred_at > '2026-05-01Z'), 0::numeric, 'and come to nothing');
-- What is booked later of a refund belongs to it.
select is(tap.sale(tenant_id, 'o4', '2026-06-02T12:00:00Z', 300), 'accepted', 'a sale') from t;
select is(tap.refund(tenant_id, 's1', 'o4', '2026-06-05T12:00:00Z', 100), 'accepted', 'its refund')
  from t;
insert into core.revenue_ledger
  select l.tenant_id, l.provider, l.kind, 's1:rest:1', l.parent_object_id, l.event_id, l.currency, -50,
    l.occurred_at, now() from core.revenue_ledger as l join t using (tenant_id) where l.object_id = 's1';
select is((pg_temp.run('2026-06-05')).reversal_count, 1, 'two entries of one refund');
select is(pg_temp.shares('s1'), 'unattributed -150', 'are taken back as one');

-- PayPal's first API tells a refund without its sale.
select is((select w.status from t, tap.endpoint(tenant_id, 'paypal') as e, tap.send(tenant_id, e,
  jsonb_build_object('paypal-transmission-id', gen_random_uuid()),
  '{"id": "WH-1", "event_type": "PAYMENT.SALE.REVERSED", "create_time": "2026-07-05T14:14:10Z", "resource":
    {"id": "v1", "state": "completed", "amount": {"total": "9.00", "currency": "USD"},
     "create_time": "2026-07-05T14:14:10Z"}}') as w), 'accepted', 'a refund that names no sale');
select is((select pg_temp.shares('v1') from pg_temp.run('2026-07-05')), 'unattributed -900',
  'was nobody''s');

select is_empty('select * from core.allocation_day_sums join t using (tenant_id) where drift_minor <> 0',
  'every day balances');

select * from finish();
rollback;

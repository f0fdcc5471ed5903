-- Which days a touch marks: those of the sales it can belong to, and its own.
begin;
select plan(24);

create temp table t as select tap.tenant() as tenant_id;
create temp table other as select tap.tenant('Another') as tenant_id;
create function pg_temp.marked() returns text language plpgsql as $$
declare
  v_days text := (select tap.dirty_days(tenant_id) from t);
begin
  perform tap.clear_jobs(tenant_id) from t;
  return v_days;
end $$;
select is(tap.sale(x.tenant_id, c.id, c.at, 100, c.session, c.more), 'accepted', 'order ' || c.id)
  from (select tenant_id from t union all select tenant_id from other) as x, (values
    ('o1', '2026-03-20T12:00:00Z', 'A', '{}'::jsonb),
    ('o2', '2026-03-22T12:00:00Z', null, '{"customer_key": "C"}'),
    ('o3', '2026-03-24T12:00:00Z', 'B', '{}')) as c (id, at, session, more);
select pg_temp.marked() is null \g /dev/null
select tap.clear_jobs(tenant_id) is null from other \g /dev/null

create function pg_temp.touch(p_id text, p_at text, p_session text, p_customer text default null)
  returns text language sql
  as $$ select tap.touch(tenant_id, p_id, p_at, 'email', p_session, p_customer) from t $$;
select is(pg_temp.touch('t1', '2026-03-19T12:00:00Z', 'A'), 'accepted', 'a touch before its sale');
select is(pg_temp.marked(), '2026-03-20', 'marks the day of the sale');
select is(pg_temp.touch('t2', '2026-03-19T12:00:00Z', 'A', 'C'), 'accepted',
  'a touch of a session and a customer who bought apart');
select is(pg_temp.marked(), '2026-03-20, 2026-03-22', 'marks both days');
select is(pg_temp.touch('t3', '2026-03-20T12:00:01Z', 'A'), 'accepted', 'a touch after the sale');
select is(pg_temp.marked(), '2026-03-20',
  'marks its own day, on which something was sold: it may be of those who bought nothing');
select is(pg_temp.touch('t4', '2026-03-21T12:00:00Z', 'A'), 'accepted', 'a touch on a later day');
select is(pg_temp.marked(), null, 'marks nothing that is due: no sale it can belong to');
select is(pg_temp.touch('t5', '2026-02-18T12:00:00Z', 'A'), 'accepted',
  'a touch thirty days before');
select is(pg_temp.marked(), '2026-03-20', 'belongs to the sale');
select is(pg_temp.touch('t6', '2026-02-18T11:59:59Z', 'A'), 'accepted', 'one a second older');
select is(pg_temp.marked(), null, 'does not');
select is(pg_temp.touch('t1', '2026-03-19T12:00:00Z', 'A'), 'duplicate already_known',
  'a touch told again');
select is(pg_temp.marked(), null, 'marks nothing');

select is((select tap.standard(tenant_id, 'touch.batch', jsonb_build_object('touches',
    (select jsonb_agg(jsonb_build_object('touch_id', 'm' || n, 'occurred_at', '2026-03-01T00:00:00Z',
      'session_id', case n when 77 then 'B' else 's' || n end)) from generate_series(1, 200) as n)))
  from t), 'accepted', 'a batch of many sessions');
select is(pg_temp.marked(), '2026-03-24', 'marks the day of the one that bought');
select is((select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) < 100,
  true, 'with a few locks');
select is(tap.dirty_days(tenant_id), null, 'nothing of it concerns another tenant') from other;

select * from finish();
rollback;

-- A day that is marked again has one pending job, unless the mark is gone.
begin;
select plan(11);

create temp table t as
  select tap.tenant() as tenant_id, tap.tenant('Another') as other_id;
create function pg_temp.mark(p_day date, p_tenant_id uuid default null) returns text
  language plpgsql as $$
begin
  perform core.set_tenant(coalesce(p_tenant_id, tenant_id)) from t;
  perform core.mark_days_dirty(coalesce(p_tenant_id, tenant_id), array[p_day]) from t;
  return (
    select string_agg(j.key || ' ' || j.status, ', ' order by j.job_id)
      from core.jobs as j, t
     where j.tenant_id = coalesce(p_tenant_id, t.tenant_id));
end $$;
create function pg_temp.claim() returns text language plpgsql as $$
begin
  return (select (core.claim_job(tenant_id, array['attribution'], '1 minute', 'w')).key from t);
end $$;

select is(pg_temp.mark('2026-03-01'), '2026-03-01 pending', 'a day is marked');
select is(pg_temp.mark('2026-03-01'), '2026-03-01 pending', 'marked again, it is one job');
select is(pg_temp.mark('2026-03-02'), '2026-03-01 pending, 2026-03-02 pending', 'another day is marked');
select is(pg_temp.mark('2026-03-02', other_id), '2026-03-02 pending', 'another tenant''s, too') from t;
select is(pg_temp.mark('2026-03-02'), '2026-03-01 pending, 2026-03-02 pending',
  'and nothing of it twice');

-- Undone
savepoint before;
select is(pg_temp.mark('2026-03-03'),
  '2026-03-01 pending, 2026-03-02 pending, 2026-03-03 pending', 'a mark');
rollback to before;
select is(pg_temp.mark('2026-03-03'),
  '2026-03-01 pending, 2026-03-02 pending, 2026-03-03 pending', 'that is undone is made again');
delete from core.jobs as j using t where j.tenant_id = t.tenant_id and j.key <> '2026-03-03';

-- Claimed
select is(pg_temp.claim(), '2026-03-03', 'the marked day is claimed in this transaction');
select is(pg_temp.mark('2026-03-03'), '2026-03-03 running, 2026-03-03 pending',
  'then a mark is a new one, for the run may have read already');
select is(pg_temp.mark('2026-03-03'), '2026-03-03 running, 2026-03-03 pending', 'but one only');

-- Planned for later
delete from core.jobs as j using t where j.tenant_id = t.tenant_id;
select pg_temp.mark('2026-03-05') is null \g /dev/null
update core.jobs as j set run_at = now() + interval '1 hour' from t where j.tenant_id = t.tenant_id;
select pg_temp.mark('2026-03-05') is null \g /dev/null
select ok((select j.run_at <= clock_timestamp() from core.jobs as j, t where j.tenant_id = t.tenant_id),
  'what is planned for later is pulled forward');

select * from finish();
rollback;

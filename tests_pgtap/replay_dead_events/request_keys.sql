-- The same request key has no second effect; a new one truly runs again.
begin;
select plan(28);

create temp table t as select tap.tenant() as tenant_id, tap.tenant('Other') as other_id;
alter table t add standard uuid;
update t set standard = tap.endpoint(tenant_id, 'standard');
select is((select string_agg(w.status, ' ') from t, generate_series(1, 3) as i,
  tap.standard(tenant_id, standard, 'm-' || i, tap.own_order('o-' || i, '{"currency": "XQA"}')) as w),
  'dead dead dead', 'three orders are dead');
create function pg_temp.replay(p_key text, p_filter jsonb default '{}', p_limit integer default 100, p_dry_run boolean default false)
  returns text language sql volatile as $$
  select concat_ws(' ', r.matched, r.replayed, r.skipped, r.failed, r.first_error)
    from t, api.replay_dead_events(t.tenant_id, p_filter, p_limit, p_dry_run, p_key) as r
$$;
create function pg_temp.attempts() returns text language sql volatile as $$
  select string_agg(d.attempts::text, ' ' order by d.attempts) from core.dead_events as d join t using (tenant_id)
$$;

select is(pg_temp.replay('k-1'), '3 0 0 3 currency_unknown', 'a first replay under a key');
select is(pg_temp.attempts(), '2 2 2', 'tries each row');
insert into core.currencies (currency, exponent) values ('XQA', 2);
select is(pg_temp.replay('k-1'), '3 0 0 3 currency_unknown', 'the same key returns the first result');
select is(pg_temp.attempts(), '2 2 2', 'and has no second effect, though it would succeed by now');
select is(pg_temp.replay('k-1', '{}', null), '3 0 0 3 currency_unknown', 'a limit left out is the default');
select throws_ok($$ select pg_temp.replay('k-1', '{"provider": "standard"}') $$, 'HL064',
  'this request key was used for another filter or limit', 'the same key with another filter is refused');
select throws_ok($$ select pg_temp.replay('k-1', '{}', 1) $$, 'HL064', null, 'so is another limit');
select is(pg_temp.replay('k-1', '{"provider": "standard"}', p_dry_run => true), '3 0 0 0',
  'a dry run does not care for the key');
select is(pg_temp.replay('k-2', '{"provider": "standard"}', 1), '3 1 0 0',
  'known complaint: a replay is not swallowed by dedup; a new key truly runs again');
select is(pg_temp.replay('k-2', '{"provider": "standard"}', 1), '3 1 0 0', 'once');
select is(pg_temp.attempts(), '2 2 3', 'in effect');
select is(pg_temp.replay(null, '{}', 1), '2 1 0 0', 'without a key it always runs');
select is(pg_temp.replay(null, '{}', 1), '1 1 0 0', 'and again');
select is(pg_temp.replay('k-3'), '0 0 0 0', 'a replay of nothing');
select is(pg_temp.replay('k-3'), '0 0 0 0', 'is remembered as well');
select is((select concat_ws(' ', r.matched, r.replayed) from t,
  api.replay_dead_events(t.other_id, '{"status": "open"}', 5, false, 'k-1') as r), '0 0',
  'another tenant''s key of the same name is another key');

select throws_ok(format('select pg_temp.replay(%L)', c.key), 'HL063',
  'a request key is 1 to 200 visible characters of ASCII', 'a request key is refused: ' || left(c.key, 30))
  from (values (''), (' '), ('a b'), (e'a\nb'), ('schlüssel'), (repeat('x', 201)), ('jane.roe@example.com')) as c (key);
select is(pg_temp.replay(repeat('x', 200)), '0 0 0 0', 'a key of 200 characters is not');

select tap.set_tenant(tenant_id) from t;
select results_eq(
  $$ select r.request_key, r.matched, r.replayed, r.skipped, r.failed, r.first_error, r.requested_by = session_user
       from api.replay_requests as r where r.request_key like 'k-%' order by r.request_key $$,
  $$ values ('k-1', 3::bigint, 0::bigint, 0::bigint, 3::bigint, 'currency_unknown', true),
      ('k-2', 3, 1, 0, 0, null, true), ('k-3', 0, 0, 0, 0, null, true) $$,
  'what was asked for, by whom, and what it did is on record');
select results_eq(
  $$ select a.request_key, a.outcome, count(*) from api.dead_event_attempts as a group by 1, 2 order by 1 nulls last, 2 $$,
  $$ values ('k-1', 'failed', 3::bigint), ('k-2', 'resolved', 1), (null, 'resolved', 2) $$,
  'and so is each attempt, with its key');
select tap.set_tenant(other_id) from t;
select is((select count(*) from api.dead_event_attempts), 0::bigint, 'another tenant sees none of them');

select * from finish();
rollback;

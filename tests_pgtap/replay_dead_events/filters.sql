-- Which dead letters a replay takes: each key of the filter, the limit, the dry run.
begin;
select no_plan();

create temp table t as select tap.tenant() as tenant_id;
alter table t add shopify uuid, add standard uuid;
update t set shopify = tap.endpoint(tenant_id, 'shopify'),
  standard = tap.endpoint(tenant_id, 'standard');
select is((select string_agg(w.status, ' ') from t, generate_series(1, 3) as i,
  tap.shopify(tenant_id, shopify, 'orders/paid', tap.shopify_order(i, p_currency => 'XQA')) as w),
  'dead dead dead', 'three orders of one provider are dead');
select is((select string_agg(w.status, ' ') from t, generate_series(4, 5) as i,
  tap.shopify(tenant_id, shopify, 'orders/create', tap.shopify_order(i, p_currency => 'XQA')) as w),
  'dead dead', 'two of another topic');
select is((select string_agg(w.status, ' ') from t, generate_series(1, 2) as i,
  tap.standard(tenant_id, standard, 'm-' || i, tap.own_order('o-' || i) #- '{data,occurred_at}') as w),
  'dead dead', 'two of another provider, for another reason');
-- Three arrived a day ago; as the session's login, whom no policy binds.
update core.dead_events as d set first_failed_at = '2026-01-01 12:00:00+00' from t
 where d.tenant_id = t.tenant_id and d.topic = 'orders/paid';

create function pg_temp.count_of(p_filter jsonb) returns text language sql volatile as $$
  select concat_ws(' ', r.matched, r.replayed, r.skipped, r.failed, r.first_error)
    from t, api.replay_dead_events(t.tenant_id, p_filter, 100, true) as r
$$;
create function pg_temp.state() returns text language sql volatile as $$
  select md5(string_agg(d::text, ',' order by d.dead_event_id)) from core.dead_events as d
    join t using (tenant_id)
$$;
create temp table before_all as select pg_temp.state() as state;

-- Dry runs count and change nothing.
select is(pg_temp.count_of(c.filter::jsonb), c.matched || ' 0 0 0', 'a dry run counts what matches ' || c.filter)
  from (values
    ('{}', 7), ('{"provider": "shopify"}', 5), ('{"provider": "stripe"}', 0),
    ('{"topic": "orders/create"}', 2), ('{"reason": "missing_field"}', 2),
    ('{"reason": "currency_unknown"}', 5), ('{"status": "open"}', 7), ('{"status": "retrying"}', 0),
    ('{"status": "resolved"}', 0), ('{"status": "discarded"}', 0), ('{"dead_event_ids": []}', 0),
    ('{"received_from": "2026-01-01T12:00:00Z", "received_to": "2026-01-01T12:00:00.000001Z"}', 3),
    ('{"received_from": "2026-01-01T12:00:00.000001Z"}', 4),
    ('{"received_to": "2026-01-01 12:00:00+00"}', 0),
    ('{"received_to": "2026-01-01T13:00:00.5+01:00"}', 3),
    ('{"received_from": "2099-01-01T00:00Z"}', 0),
    ('{"provider": "shopify", "topic": "orders/paid", "reason": "currency_unknown",
       "status": "open", "received_to": "2026-06-01T00:00:00Z"}', 3),
    ('{"provider": "standard", "topic": "orders/paid"}', 0)
  ) as c (filter, matched);
select is(pg_temp.count_of(jsonb_build_object('dead_event_ids', array(
    select d.dead_event_id from core.dead_events as d join t using (tenant_id) where d.topic = 'orders/create'))),
  '2 0 0 0', 'a dry run counts the rows that are named');
select is(pg_temp.count_of(jsonb_build_object('dead_event_ids', array(
    select x.id from core.dead_events as d join t using (tenant_id),
      unnest(array[d.dead_event_id, d.dead_event_id]) as x (id) where d.topic = 'orders/create')
    || array[gen_random_uuid()])),
  '2 0 0 0', 'naming a row twice or one that is not there counts nothing more');
select is(pg_temp.state(), state, 'no dry run changes a row') from before_all;
select is((select count(*) from core.dead_event_attempts as a join t using (tenant_id)), 0::bigint,
  'or leaves an attempt');
select is((select count(*) from core.replay_requests as r join t using (tenant_id)), 0::bigint, 'or a request');

-- What is refused
select throws_ok(format('select api.replay_dead_events(%L, %L)', t.tenant_id, c.filter), 'HL061',
  'the filter holds an unknown key or a wrong value', 'a filter is refused: ' || coalesce(c.filter, 'null'))
  from t, (values
    (null), ('[]'), ('"open"'), ('null'), ('{"providers": "shopify"}'), ('{"Provider": "shopify"}'),
    ('{"tenant_id": "x"}'), ('{"provider": null}'), ('{"provider": 5}'), ('{"provider": ["shopify"]}'),
    ('{"provider": ""}'), ('{"topic": 5}'), ('{"topic": ""}'), ('{"reason": "no_such_reason"}'),
    ('{"reason": true}'), ('{"status": "dead"}'), ('{"status": ["open"]}'), ('{"status": null}'),
    ('{"dead_event_ids": "01a1fd5e-3d85-7737-97ef-fe53d6977490"}'), ('{"dead_event_ids": [5]}'),
    ('{"dead_event_ids": ["x"]}'), ('{"dead_event_ids": [null]}'), ('{"dead_event_ids": {}}'),
    ('{"dead_event_ids": ["01a1fd5e-3d85-7737-97ef-fe53d6977490''; --"]}'),
    ('{"received_from": "2026-01-01"}'), ('{"received_from": "2026-01-01T12:00:00"}'),
    ('{"received_from": "yesterday"}'), ('{"received_to": 1772600767}'),
    ('{"received_to": "2026-13-01T00:00:00Z"}'), ('{"received_to": "2026-01-01T25:61:00Z"}'),
    ('{"received_to": "2026-01-01T00:00:00+99:00"}'), ('{"received_to": "infinity"}')
  ) as c (filter);
select throws_ok(format('select api.replay_dead_events(%L, %L, %s)', t.tenant_id, '{}', c.value), 'HL062',
  'the limit is not between 1 and 1000', 'the limit ' || c.value || ' is refused')
  from t, (values (0), (-1), (1001), (2147483647)) as c (value);
select throws_ok(format('select api.replay_dead_events(%L)', gen_random_uuid()), 'HL002', 'no such tenant',
  'an unknown tenant is refused');
select throws_ok('select api.replay_dead_events(null)', 'HL002', null, 'no tenant is refused');
create temp table refusal (detail text);
do $$
declare
  v_detail text;
begin
  perform api.replay_dead_events((select tenant_id from t), '{"jane.roe@example.com": 1}');
exception when others then
  get stacked diagnostics v_detail = pg_exception_detail;
  insert into refusal values (v_detail);
end
$$;
select is(detail, 'key [email]', 'a refusal names the key, masked') from refusal;
select is(pg_temp.state(), state, 'no refused replay changes a row') from before_all;

-- The limit, and who comes first
select is((select concat_ws(' ', r.matched, r.replayed, r.skipped, r.failed, r.first_error)
  from t, api.replay_dead_events(t.tenant_id, '{}', 2) as r), '7 0 0 2 currency_unknown',
  'a limit of two tries two of seven');
select is((select string_agg(d.attempts::text, ' ' order by d.first_failed_at, d.dead_event_id)
  from core.dead_events as d join t using (tenant_id)), '2 2 1 1 1 1 1', 'the oldest two');
insert into core.currencies (currency, exponent) values ('XQA', 2);
select is((select concat_ws(' ', r.matched, r.replayed, r.failed) from t, api.replay_dead_events(t.tenant_id, '{}', 3) as r),
  '7 3 0', 'the next three are those that were tried less often');
select is((select string_agg(concat_ws(' ', d.status, d.attempts), ', ' order by d.first_failed_at, d.dead_event_id)
  from core.dead_events as d join t using (tenant_id)),
  'open 2, open 2, resolved 2, resolved 2, resolved 2, open 1, open 1', 'so what fails keeps nobody waiting');
select is((select concat_ws(' ', r.matched, r.replayed, r.failed, r.first_error)
  from t, api.replay_dead_events(t.tenant_id, '{}', null, null, null) as r), '4 2 2 missing_field',
  'limit and dry run may be null: a hundred, for real');
select is((select tap.replay(tenant_id, '{"status": "resolved"}') from t), '5 0 5 0',
  'resolved ones are matched by name of their status and skipped');

select * from finish();
rollback;

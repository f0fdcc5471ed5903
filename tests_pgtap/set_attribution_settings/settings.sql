-- A tenant's settings: checked, kept, and followed by the next recompute.
begin;
select plan(17);

create temp table t as select tap.tenant() as tenant_id;
select is(tap.touch(tenant_id, c.channel, c.at, c.channel, 'A'), 'accepted', c.channel)
  from t, (values ('email', '2026-02-10T12:00:00Z'), ('referral', '2026-03-01T12:00:00Z'),
    ('display', '2026-03-02T12:00:00Z')) as c (channel, at);
select is(tap.sale(tenant_id, 'o1', '2026-03-02T12:00:00Z', 1000, 'A'), 'accepted', 'a sale') from t;
create function pg_temp.shares(p_model text) returns text language plpgsql as $$
begin
  perform api.recompute_window(tenant_id, '2026-03-02Z', '2026-03-03Z', p_model) from t;
  return (select tap.shares(tenant_id, 'o1', p_model) from t);
end $$;

select is(pg_temp.shares('position_based'), 'display 400, email 400, referral 200', 'the defaults');
select row_eq(
  $$ select s.lookback_days, s.half_life_days, s.first_weight, s.middle_weight, s.last_weight
      from t, api.set_attribution_settings(tenant_id,
        '{"first_weight": 10, "middle_weight": 20, "last_weight": 70, "half_life_days": 1}') as s $$,
  row(30, 1::numeric, 10, 20, 70), 'what is named changes, the rest stays');
select is(pg_temp.shares('position_based'), 'display 700, email 100, referral 200',
  'other weights count from the next recompute on');
select lives_ok(
  $$ select api.set_attribution_settings(tenant_id, '{"lookback_days": 5}') from t $$, 'a shorter lookback');
select is(pg_temp.shares('time_decay'), 'display 667, referral 333',
  'leaves out what is older; a day is a half-life now');
select is(pg_temp.shares('position_based'), 'display 875, referral 125',
  'two touches share in the proportion of first and last');
select throws_ok(
  format('select api.set_attribution_settings(tenant_id, %L) from t', c.settings), 'HL005',
  'the settings hold an unknown key or value', 'refused: ' || c.settings)
  from (values ('{"lookback": 5}'), ('{"lookback_days": "5"}'), ('{"lookback_days": 0}'),
    ('{"lookback_days": 1.5}'), ('{"first_weight": 50}'), ('[]')) as c (settings);
select throws_ok(
  $$ select api.set_attribution_settings(gen_random_uuid(), '{}') $$, 'HL002', 'no such tenant',
  'nobody''s settings are set');

select * from finish();
rollback;

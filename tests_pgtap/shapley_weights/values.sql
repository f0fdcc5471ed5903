-- Shapley values: exact for few channels, a fixed sample for many.
begin;
select plan(9);

create function pg_temp.weight(p_paths jsonb, p_channel text) returns numeric language sql
  as $$ select round((core.shapley_weights(p_paths) ->> p_channel)::numeric, 12) $$;
create function pg_temp.shop(p_channels integer) returns jsonb language sql as $$
  select jsonb_agg(jsonb_build_object('p', jsonb_build_array('c' || n, 'c' || (n * 5 % p_channels)),
    'c', n % 3 = 0, 'n', 1 + n % 4)) from generate_series(0, p_channels * 3) as i, lateral (select i % p_channels as n) as x
$$;

select is(core.shapley_weights('[]'), '{}', 'no journeys, no values');
select is(pg_temp.weight('[{"p": ["a"], "c": true, "n": 1}, {"p": ["a"], "c": false, "n": 3}]', 'a'), 0.25,
  'one channel has the whole rate');
-- v(a) = 1/2, v(b) = 0, v(ab) = 2/4: a gets 1/2 (1/2 + 1/2), b 1/2 (0 + 0)
select is(pg_temp.weight(
  '[{"p": ["a"], "c": true, "n": 1}, {"p": ["a"], "c": false, "n": 1}, {"p": ["b"], "c": false, "n": 1}, {"p": ["b", "a"], "c": true, "n": 1}]',
  c.channel), c.value, 'two channels: ' || c.channel)
  from (values ('a', 0.5), ('b', 0.0)) as c (channel, value);
select is(pg_temp.weight('[{"p": ["a"], "c": true, "n": 1}, {"p": ["b"], "c": false, "n": 1}]', 'b'), -0.25,
  'who lowers the rate has a negative value');
-- Efficiency: the values sum to the rate of all.
select is(
  (select round(sum(w.value::numeric), 20) from jsonb_each_text(core.shapley_weights(pg_temp.shop(n))) as w),
  (select round(sum((p -> 'n')::numeric) filter (where (p -> 'c')::boolean) / sum((p -> 'n')::numeric), 20)
     from jsonb_array_elements(pg_temp.shop(n)) as p),
  format('the values of %s channels sum to the conversion rate', n))
  from unnest(array[12, 13]) as n;
select is(core.shapley_weights(pg_temp.shop(20)), core.shapley_weights(pg_temp.shop(20)),
  'the sample is the same each time');
select cmp_ok(
  (select max(abs(s.value::numeric - (core.shapley_weights(pg_temp.shop(8)) ->> s.key)::numeric))
     from jsonb_each_text(core.shapley_sample(pg_temp.shop(8),
       (select array_agg(k order by k collate "C") from jsonb_object_keys(core.shapley_weights(pg_temp.shop(8))) as k),
       100)) as s),
  '<', 0.03, 'and close to the exact values');

select * from finish();
rollback;

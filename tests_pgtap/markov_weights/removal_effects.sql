-- Removal effects of chains that can be worked out by hand.
begin;
select plan(8);

create function pg_temp.weight(p_paths jsonb, p_channel text) returns numeric language sql
  as $$ select round((core.markov_weights(p_paths) ->> p_channel)::numeric, 12) $$;

select is(core.markov_weights('[]'), '{}', 'no journeys, no weights');
select is(core.markov_weights('[{"p": ["a"], "c": false, "n": 5}]'), '{}', 'nobody converted: none either');
select is(pg_temp.weight('[{"p": ["a"], "c": true, "n": 5}]', 'a'), 1::numeric,
  'without the only channel nobody converts');
-- start -> a 2/3, b 1/3; a -> conversion 1/2, null 1/2; b -> conversion: P = 2/3
select is(pg_temp.weight(
  '[{"p": ["a"], "c": true, "n": 1}, {"p": ["a"], "c": false, "n": 1}, {"p": ["b"], "c": true, "n": 1}]', c.channel),
  0.5, format('two channels that bring one sale each: %s', c.channel))
  from (values ('a'), ('b')) as c (channel);
-- start -> a; a -> b 1/2, conversion 1/2; b -> a 1/2, conversion 1/2: without b half convert
select is(pg_temp.weight('[{"p": ["a", "b", "a"], "c": true, "n": 1}, {"p": ["a", "b"], "c": true, "n": 1}]', 'b'),
  round(2 / 3.0, 12), 'a loop is followed to its end');
select is(
  core.markov_weights('[{"p": ["a", "a", "b"], "c": true, "n": 3}, {"p": ["a"], "c": false, "n": 2}]'),
  core.markov_weights('[{"p": ["a", "b"], "c": true, "n": 3}, {"p": ["a"], "c": false, "n": 2}]'),
  'a channel after itself changes nothing');
select is(
  core.markov_weights('[{"p": ["b"], "c": true, "n": 3}, {"p": ["a", "b"], "c": false, "n": 2}]'),
  core.markov_weights('[{"p": ["a", "b"], "c": false, "n": 2}, {"p": ["b"], "c": true, "n": 3}]'),
  'nor does the order of the journeys');

select * from finish();
rollback;

-- What is no rule is refused, and nothing is stored of it.
begin;
select no_plan();

create temp table ids as select tap.tenant() as tenant_id;

select throws_ok(
  format('select api.set_channel_rule(%L, %L, %L, %L, %L)', i.tenant_id, c.name, c.channel,
    c.conditions, c.priority), c.sqlstate::char(5), null, c.what)
  from ids as i, (values
    (null, 'email', '{"source": "x"}', 1, 'HL031', 'no name'),
    ('', 'email', '{"source": "x"}', 1, 'HL031', 'an empty name'),
    ('A rule', 'email', '{"source": "x"}', 1, 'HL031', 'a name with a space'),
    (repeat('x', 64), 'email', '{"source": "x"}', 1, 'HL031', 'a long name'),
    ('x', null, '{"source": "x"}', 1, 'HL031', 'no channel'),
    ('x', 'unattributed', '{"source": "x"}', 1, 'HL031', 'a channel that only attribution gives'),
    ('x', 'no_such_channel', '{"source": "x"}', 1, '23503', 'a channel that does not exist'),
    ('x', 'Email', '{"source": "x"}', 1, '23503', 'a channel by its title'),
    ('x', 'email', '{"source": "x"}', null, 'HL031', 'no priority'),
    ('x', 'email', '{"source": "x"}', -1, 'HL031', 'a negative priority'),
    ('x', 'email', null, 1, 'HL031', 'no conditions'),
    ('x', 'email', 'null', 1, 'HL031', 'null as conditions'),
    ('x', 'email', '{}', 1, 'HL031', 'empty conditions'),
    ('x', 'email', '[]', 1, 'HL031', 'an array'),
    ('x', 'email', '"x"', 1, 'HL031', 'a text'),
    ('x', 'email', '{"colour": "x"}', 1, 'HL031', 'an unknown field'),
    ('x', 'email', '{"sources": "x"}', 1, 'HL031', 'a misspelt field'),
    ('x', 'email', '{"source": null}', 1, 'HL031', 'a null pattern'),
    ('x', 'email', '{"source": 1}', 1, 'HL031', 'a number'),
    ('x', 'email', '{"source": []}', 1, 'HL031', 'no pattern'),
    ('x', 'email', '{"source": [["x"]]}', 1, 'HL031', 'a nested array'),
    ('x', 'email', '{"source": ["x", 1]}', 1, 'HL031', 'a number among texts'),
    ('x', 'email', '{"source": {"is": "x"}}', 1, 'HL031', 'an object'),
    ('x', 'email', '{"source": "*"}', 1, 'HL031', 'a pattern that matches everything'),
    ('x', 'email', '{"source": "***"}', 1, 'HL031', 'one that only looks longer'),
    ('x', 'email', '{"source": "a*b*c*d*e"}', 1, 'HL031', 'four wildcards'),
    ('x', 'email', '{"source": "a\\b"}', 1, 'HL031', 'a backslash'),
    ('x', 'email', '{"source": "a\u0007b"}', 1, 'HL031', 'a control character'),
    ('x', 'email', json_build_object('source', repeat('a', 201))::text, 1, 'HL031', 'a long pattern'),
    ('x', 'email', json_build_object('source', array_fill('a'::text, array[51]))::text, 1, 'HL031',
      'many patterns'),
    ('x', 'email', '{"category": "videos"}', 1, 'HL031', 'an unknown category'),
    ('x', 'email', '{"click_id": "gcl*"}', 1, 'HL031', 'a wildcard in a click id'),
    ('x', 'email', '{"provider": "stripe;"}', 1, 'HL031', 'what is no name of a provider'),
    ('x', 'email', '{"source": "someone@example.com"}', 1, '23514', 'a mail address'),
    ('x', 'email', '{"campaign": "*+49 170 1234567*"}', 1, '23514', 'a telephone number')
  ) as c (name, channel, conditions, priority, sqlstate, what);
select throws_ok(
  $$ select api.set_channel_rule(gen_random_uuid(), 'x', 'email', '{"source": "x"}') $$,
  'HL002', null, 'an unknown tenant');
select throws_ok(
  $$ select api.set_channel_rule(null, 'x', 'email', '{"source": "x"}') $$, 'HL002', null,
  'no tenant');
select throws_ok($$ select api.drop_channel_rule(null, 'x') $$, 'HL002', null,
  'no tenant has rules to end');
select is((select count(*) from core.channel_rules), 0::bigint, 'nothing is stored');

select lives_ok(
  $$ select api.set_channel_rule(tenant_id, 'r' || n, 'email', jsonb_build_object('source', 's' || n))
       from ids, generate_series(1, 500) as n $$, '500 rules may be in force');
select throws_ok(
  $$ select api.set_channel_rule(tenant_id, 'r501', 'email', '{"source": "x"}') from ids $$,
  'HL033', null, 'the 501st is refused');
select is((select api.set_channel_rule(tenant_id, 'r500', 'sms', '{"source": "x"}') from ids), 2,
  'changing one is not');
select lives_ok(
  $$ select api.drop_channel_rule(tenant_id, 'r1'),
       api.set_channel_rule(tenant_id, 'r501', 'email', '{"source": "x"}') from ids $$,
  'nor is another where one has ended');
select is((select core.event_channel(tenant_id, null, 's499', null, null, null, null, 'x') from ids),
  'email', 'the last of 500 is found');

select * from finish();
rollback;

-- Setting, changing, showing and removing budgets, prices and keys.
begin;
select no_plan();
create temp table ids as select tap.tenant() as t;
grant select on ids to public;
set local session authorization hookledger_dba;

select lives_ok(format('select api.set_llm_budget(t, %s) from ids', c.arguments), c.arguments)
  from unnest(array[
    $$'all', 'day', 0$$, $$'premium', 'month', 100000000000000000$$,
    $$'model:vendor/model-1.5:free', 'rolling', 5, '{"window": "30d"}'$$,
    $$'purpose:explanations', 'day', 5, '{"timezone": "America/Argentina/Buenos_Aires",
      "calls_per_minute": 1, "cost_micros_per_minute": 10000000000000000, "circuit_seconds": 86400,
      "allow_fallback": false, "allow_premium": true}'$$]) as c (arguments);
select throws_ok(format('select api.set_llm_budget(t, %s) from ids', c.arguments), code, null,
  c.arguments)
  from (values
    ('HL071', $$null, 'day', 1$$), ('HL071', $$'everything', 'day', 1$$),
    ('HL071', $$'model:', 'day', 1$$), ('HL071', $$'model:a b', 'day', 1$$),
    ('HL071', $$'purpose:jane@example.com', 'day', 1$$), ('HL071', $$'user:x', 'day', 1$$),
    ('HL071', $$'all', null, 1$$), ('HL071', $$'all', 'week', 1$$),
    ('HL071', $$'all', 'day', null$$), ('HL071', $$'all', 'day', -1$$),
    ('HL071', $$'all', 'day', 100000000000000001$$),
    ('HL072', $$'all', 'day', 1, null$$), ('HL072', $$'all', 'day', 1, '[]'$$),
    ('HL072', $$'all', 'day', 1, '{"call_per_minute": 1}'$$),
    ('HL072', $$'all', 'day', 1, '{"timezone": "Europe/Berlino"}'$$),
    ('HL072', $$'all', 'day', 1, '{"timezone": "UTC+25"}'$$),
    ('HL072', $$'all', 'day', 1, '{"timezone": null}'$$),
    ('HL072', $$'all', 'rolling', 1, '{"timezone": "UTC"}'$$),
    ('HL072', $$'all', 'day', 1, '{"window": "24h"}'$$),
    ('HL072', $$'all', 'rolling', 1, '{"window": "7d"}'$$),
    ('HL072', $$'all', 'day', 1, '{"calls_per_minute": 0}'$$),
    ('HL072', $$'all', 'day', 1, '{"calls_per_minute": 1.5}'$$),
    ('HL072', $$'all', 'day', 1, '{"calls_per_minute": "1"}'$$),
    ('HL072', $$'all', 'day', 1, '{"calls_per_minute": 1e30}'$$),
    ('HL072', $$'all', 'day', 1, '{"circuit_seconds": 86401}'$$),
    ('HL072', $$'all', 'day', 1, '{"allow_fallback": "yes"}'$$)
  ) as c (code, arguments);
select throws_ok($$ select api.set_llm_budget(gen_random_uuid(), 'all', 'day', 1) $$, 'HL002',
  'no such tenant', 'an unknown tenant has no budget');
select results_eq(
  $$ select b.scope from ids, api.llm_budgets(t) as b $$,
  array['all', 'model:vendor/model-1.5:free', 'premium', 'purpose:explanations'],
  'the budgets are shown by scope');
select lives_ok($$ select api.remove_llm_budget(t, 'premium') from ids $$, 'one is removed');
select throws_ok($$ select api.remove_llm_budget(t, 'premium') from ids $$, 'HL077',
  'the tenant has no budget of this scope', 'once');
select throws_ok($$ select api.llm_budgets(gen_random_uuid()) $$, 'HL002', 'no such tenant',
  'of an unknown tenant nothing is shown');
select lives_ok(
  $$ select api.set_llm_budget(t, 'purpose:p' || n, 'day', 1) from ids, generate_series(1, 97) as n $$,
  'a tenant may have a hundred budgets');
select throws_ok($$ select api.set_llm_budget(t, 'purpose:q', 'day', 1) from ids $$, 'HL071', null,
  'and no more');
select lives_ok($$ select api.set_llm_budget(t, 'purpose:p1', 'day', 2) from ids $$,
  'but change those it has');

-- Prices
select throws_ok(format('select api.set_llm_price(%s)', c.arguments), 'HL070',
  'the price of a model is not stated properly', c.arguments)
  from unnest(array[
    $$null, 1, 1$$, $$'a b', 1, 1$$, $$'a', null, 1$$, $$'a', 1, null$$, $$'a', -1, 1$$,
    $$'a', 1, 1000000000001$$, $$'a', 1, 1, null$$, $$'a', 1, 1, false, 'a'$$,
    $$'a', 1, 1, false, 'b c'$$, $$'a', 1, 1, false, null, '2020-01-01'$$,
    $$'a', 1, 1, false, null, 'infinity'$$]) as c (arguments);
select lives_ok($$ select api.set_llm_price('a', 1, 1) from generate_series(1, 3) $$, 'a price');
select lives_ok($$ select api.set_llm_price('a', 2, 1, true, 'b') $$, 'another');
select lives_ok($$ select api.set_llm_price('a', 9, 9, true, 'b', clock_timestamp() + '1 day') $$,
  'one that counts from tomorrow');
set local session authorization default;
select results_eq(
  $$ select input_micros from core.llm_model_pricing where model = 'a' order by valid_from $$,
  array[1, 2, 9]::bigint[], 'prices are kept, each once');
select is((select input_micros from core.llm_candidates('a', clock_timestamp())), 2::bigint,
  'the last that counts already is in force');

-- Keys
create temp table keys as select api.create_llm_key(t) as key from ids, generate_series(1, 3);
select is_empty($$ select key from keys, ids
    where key !~ ('^hl_' || replace(t::text, '-', '') || '_[0-9a-f]{64}$') $$,
  'a key names its tenant and is random');
select set_eq($$ select unnest(api.find_llm_keys(t)) from ids $$,
  $$ select sha256(convert_to(key, 'UTF8')) from keys $$, 'only its hash is kept');
select is_empty($$ select from core.llm_keys as k, keys where k::text ~ keys.key $$,
  'and nowhere the key');
select is(api.revoke_llm_keys(t, (select min(key) from keys)), 1, 'one is revoked') from ids;
select is(api.revoke_llm_keys(t, 'hl_no_key'), 0, 'what is no key revokes nothing') from ids;
select is(cardinality(api.find_llm_keys(t)), 2, 'the others stay') from ids;
select is(api.revoke_llm_keys(t), 2, 'until all are') from ids;
select is(api.find_llm_keys(t), '{}', 'then none is left') from ids;
select is(api.find_llm_keys(gen_random_uuid()), '{}', 'nor has an unknown tenant any');
select throws_ok($$ select api.create_llm_key(gen_random_uuid()) $$, 'HL002', 'no such tenant',
  'and gets none');

select * from finish();
rollback;

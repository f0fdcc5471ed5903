-- The spike guard: opens, blocks everything under its budget, tells until when, closes by itself.
begin;
select no_plan();
select tap.llm_prices();
create temp table ids as select tap.tenant() as t;
create function pg_temp.at(p_second numeric, p_tokens bigint default 10, p_model text default 'cheap')
  returns text language sql as $$
  select tap.ask_llm(t, 'at-' || p_second, p_tokens,
    timestamptz '2026-03-02 10:00:00+00' + p_second * interval '1 second', p_model) from ids
$$;

select api.set_llm_budget(t, 'all', 'day', 1000000,
  '{"calls_per_minute": 3, "circuit_seconds": 90}') from ids;
select is(pg_temp.at(s), 'ALLOW cheap', format('second %s: within the limit', s))
  from unnest(array[0, 1, 59]) as s;
select is(pg_temp.at(59.5), 'BLOCK circuit_open', 'the fourth call of a minute opens the circuit');
select is(tap.llm_resets_at(t, 'at-59.5'), timestamptz '2026-03-02 10:02:29.5+00',
  'for as long as the policy says') from ids;
select is(pg_temp.at(149), 'BLOCK circuit_open', 'while it is open everything is blocked');
select is(tap.llm_resets_at(t, 'at-149'), timestamptz '2026-03-02 10:02:29.5+00',
  'and asking makes it no longer') from ids;
select is(pg_temp.at(149.5), 'ALLOW cheap', 'it closes by itself');
select is(pg_temp.at(150), 'ALLOW cheap', 'and a new minute has begun');
select is(pg_temp.at(151), 'ALLOW cheap', 'with its whole limit');
select is(pg_temp.at(152), 'BLOCK circuit_open', 'and no more');
select is(
  (select opened_count from core.llm_circuits join ids on tenant_id = t), 2::bigint,
  'how often it opened is counted');
select api.set_llm_budget(t, 'all', 'day', 1000000, '{"calls_per_minute": 3}') from ids;
select is(pg_temp.at(153), 'ALLOW cheap', 'setting the budget closes it');
select is(pg_temp.at(154), 'ALLOW cheap', 'a minute begins with its first call');
select is(pg_temp.at(213), 'ALLOW cheap', 'and is over after sixty seconds');
select is(pg_temp.at(214), 'ALLOW cheap', 'not at a full minute of the clock');

select api.set_llm_budget(t, 'all', 'day', 1000000, '{"cost_micros_per_minute": 100}') from ids;
select is(pg_temp.at(300, 900), 'ALLOW cheap', 'cost is limited too');
select is(pg_temp.at(301, 1001), 'BLOCK estimate_too_large',
  'one call beyond it is too large and opens nothing');
select is(pg_temp.at(302, 100), 'ALLOW cheap', 'so others go on');
select is(pg_temp.at(303, 10), 'BLOCK circuit_open', 'until the limit is reached');
select is(pg_temp.at(362.9, 10), 'BLOCK circuit_open', 'for a minute');
select is(pg_temp.at(363, 10), 'ALLOW cheap', 'where the policy says nothing');

-- Denials do not count, or a caller who insists would keep it open for ever.
select api.set_llm_budget(t, 'all', 'day', 1000000, '{"calls_per_minute": 2}') from ids;
select is(pg_temp.at(400 + s, 1, 'unheard-of'), 'BLOCK unknown_model', 'denied')
  from generate_series(1, 5) as s;
select is(pg_temp.at(410), 'ALLOW cheap', 'what was denied is not counted');

-- A circuit of one model leaves the others alone.
select api.set_llm_budget(t, 'all', 'day', 1000000) from ids;
select api.set_llm_budget(t, 'model:dear', 'day', 1000000, '{"calls_per_minute": 1}') from ids;
select is(pg_temp.at(500, 10, 'dear'), 'ALLOW dear', 'one call of a model');
select is(pg_temp.at(501, 10, 'dear'), 'FALLBACK cheap circuit_open',
  'where its circuit opens, the fallback is granted');
select is(pg_temp.at(502, 10), 'ALLOW cheap', 'and the other model is not concerned');

-- Health
select is((api.health() ->> 'llm_circuits_open')::integer, 0, 'a circuit of the past is not open');
select r.action from ids, generate_series(1, 2) as n,
  api.reserve_llm_call(t, 'now-' || n, 'dear', 1, 1) as r \g /dev/null
select is((api.health() ->> 'llm_circuits_open')::integer, 1, 'health tells how many are open');
select is(b.circuit, case b.scope when 'all' then 'none' else 'open' end,
  'and the budgets tell which: ' || b.scope) from ids, api.llm_budgets(t) as b;

select * from finish();
rollback;

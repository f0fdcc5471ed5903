-- Which call is allowed, which gets another model, which is blocked, and what is written down.
begin;
select no_plan();
select tap.llm_prices();
create temp table ids as select tap.tenant() as t;
create function pg_temp.ask(p_id text, p_tokens bigint, p_model text default 'cheap',
  p_purpose text default null) returns text language sql as $$
  select tap.ask_llm(t, p_id, p_tokens, timestamptz '2026-03-02 10:00:00+00', p_model,
    '10 minutes', p_purpose) from ids
$$;
create function pg_temp.budget(p_scope text, p_cap bigint, p_policy jsonb default '{}')
  returns void language sql as $$
  select api.set_llm_budget(t, p_scope, 'day', p_cap, p_policy) from ids
$$;

-- Fails closed
select is(pg_temp.ask('a', 10), 'BLOCK no_budget', 'without a budget nothing may be called');
select pg_temp.budget('purpose:reports', 1000000);
select is(pg_temp.ask('a', 10), 'BLOCK no_budget', 'nor with one for something else');
select is(pg_temp.ask('a', 10, 'cheap', 'reports'), 'ALLOW cheap', 'what a purpose covers is allowed');
select pg_temp.budget('all', 1000);
select is(pg_temp.ask('b', 10, 'unheard-of'), 'BLOCK unknown_model',
  'a model without a price may not be called');
select is((select estimated_micros from core.llm_call_audit where request_id = 'b'), null,
  'and its cost is not known');
insert into core.llm_model_pricing values ('later', '2026-03-02 10:00:00.000001+00', 1, 1, false);
select is(pg_temp.ask('b', 10, 'later'), 'BLOCK unknown_model',
  'nor one whose price does not count yet');
select pg_temp.budget('all', 0);
select is(pg_temp.ask('b', 10), 'BLOCK estimate_too_large', 'a cap of 0 allows nothing');
select pg_temp.budget('all', 1000);

-- Fits to the last micro: cheap costs a tenth of a micro per token, rounded up.
select is(pg_temp.ask('c', 10001), 'BLOCK estimate_too_large',
  'an estimate above the cap is refused, not shrunk');
select is(pg_temp.ask('c', 9981), 'ALLOW cheap', 'a blocked id may ask again, with less too');
select is(pg_temp.ask('d', 11), 'BLOCK budget_exhausted', 'one micro too much does not fit');
select is(tap.llm_resets_at(t, 'd'), timestamptz '2026-03-03 00:00:00+00',
  'a denial tells when the budget resets') from ids;
select is(pg_temp.ask('d', 10), 'ALLOW cheap', 'the last micro fits');
select is(pg_temp.ask('e', 1), 'BLOCK budget_exhausted', 'and then nothing more');
select is(pg_temp.ask('e', 0), 'ALLOW cheap', 'but what costs nothing');

-- Idempotency
select is(pg_temp.ask('d', 10), 'ALLOW cheap', 'the same call again gets the same answer');
select is((select count(*) from core.llm_call_audit where request_id = 'd' and action = 'ALLOW'),
  1::bigint, 'and is one decision');
select throws_ok(format('select pg_temp.ask(%s)', arguments), 'HL074',
  'this request id belongs to another call', what || ' makes it another call')
  from (values
    ($$'d', 11$$, 'another number of tokens'), ($$'d', 10, 'dear'$$, 'another model'),
    ($$'d', 10, 'cheap', 'reports'$$, 'another purpose')) as c (arguments, what);
select throws_ok(
  $$ select tap.ask_llm(t, 'd', 10, '2026-03-02 10:10:00+00') from ids $$, 'HL075',
  'the call of this request id has ended', 'a call whose time is over is not granted again');

-- Fallbacks
select pg_temp.budget('all', 100000);
select pg_temp.budget('model:dear', 500);
select is(pg_temp.ask('f', 500, 'dear'), 'ALLOW dear', 'what fits is not replaced');
select is(pg_temp.ask('g', 500, 'dear'), 'FALLBACK cheap budget_exhausted',
  'what does not fit gets its fallback');
select is((select estimated_micros from core.llm_call_audit where request_id = 'g'), 50::bigint,
  'at the fallback''s price');
select pg_temp.budget('all', 100000, '{"allow_premium": false}');
select is(pg_temp.ask('h', 5, 'dear'), 'FALLBACK cheap premium_not_allowed',
  'a budget may do without premium models');
select pg_temp.budget('all', 100000, '{"allow_premium": false, "allow_fallback": false}');
select is(pg_temp.ask('i', 5, 'dear'), 'BLOCK premium_not_allowed', 'and without fallbacks');
select pg_temp.budget('all', 100000);
select pg_temp.budget('premium', 100);
select is(pg_temp.ask('j', 101, 'dear'), 'FALLBACK cheap estimate_too_large',
  'premium models may have a budget of their own');
select is(pg_temp.ask('k', 101), 'ALLOW cheap', 'which the others do not need to fit');

insert into core.llm_model_pricing values
  ('a', '2000-01-01', 10000000, 0, false, 'b'), ('b', '2000-01-01', 3000000, 0, false, 'c'),
  ('c', '2000-01-01', 2000000, 0, false, 'd'), ('d', '2000-01-01', 2000000, 0, false, 'a'),
  ('loop', '2000-01-01', 10000000, 0, false, 'gone'), ('self1', '2000-01-01', 10000000, 0, false,
    'self2'), ('self2', '2000-01-01', 10000000, 0, false, 'self1');
select api.set_llm_budget(tap.tenant('other'), 'all', 'day', 1);
update ids set t = tap.tenant('a third');
select pg_temp.budget('all', 200);
select is(pg_temp.ask('l', 100, 'a'), 'FALLBACK c estimate_too_large',
  'the cheapest of the chain that fits is granted, the nearer of two');
select is(pg_temp.ask('m', 100, 'a'), 'BLOCK budget_exhausted',
  'a chain that goes round ends, and where nothing fits the call is blocked');
select is(tap.llm_resets_at(t, 'm'), timestamptz '2026-03-03 00:00:00+00',
  'until a member of the chain fits again') from ids;
select is(pg_temp.ask('n', 100, 'self1'), 'BLOCK estimate_too_large', 'two that name each other');
select is(pg_temp.ask('o', 100, 'loop'), 'BLOCK estimate_too_large',
  'a chain ends at a model without a price');
select pg_temp.budget('model:c', 0);
select pg_temp.budget('all', 500);
select is(pg_temp.ask('p', 100, 'a'), 'FALLBACK d estimate_too_large',
  'where the cheapest does not fit a budget of its own, the next is granted');

-- The audit
select results_eq(
  $$ select a.action, a.requested_model, a.granted_model, a.reason, a.estimated_micros
       from core.llm_call_audit as a join ids on a.tenant_id = t where a.request_id = 'p' $$,
  $$ values ('FALLBACK', 'a', 'd', 'estimate_too_large', 200::bigint) $$,
  'the audit tells what was asked for, what was granted and why');
select is(
  (select count(*) from core.llm_call_audit as a join ids on a.tenant_id = t), 5::bigint,
  'one row per decision, denials included');
select is(
  (select count(*) from core.llm_reservations as r join ids on r.tenant_id = t), 2::bigint,
  'and a reservation for each grant only');

select * from finish();
rollback;

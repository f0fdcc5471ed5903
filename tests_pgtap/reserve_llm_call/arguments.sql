-- What a caller may say, and that no number breaks anything.
begin;
select no_plan();
select tap.llm_prices();
create temp table ids as select tap.tenant() as t;
select api.set_llm_budget(t, 'all', 'day', 100000000000000000) from ids;
insert into core.llm_model_pricing values
  ('gold', '2000-01-01', 1000000000000, 1000000000000, false);

select throws_ok(
  format($$ select api.reserve_llm_call(t, %s) from ids $$, c.arguments), 'HL073',
  'the call is not stated properly', what || ' is refused')
  from (values
    ($$null, 'cheap', 1, 1$$, 'no request id'), ($$'', 'cheap', 1, 1$$, 'an empty request id'),
    ($$'a b', 'cheap', 1, 1$$, 'a blank'), ($$'a/b', 'cheap', 1, 1$$, 'a slash in a request id'),
    ($$repeat('x', 129), 'cheap', 1, 1$$, 'a request id that is too long'),
    ($$'jane.roe@example.com', 'cheap', 1, 1$$, 'a mail address'),
    ($$'4242-4242-4242-4242', 'cheap', 1, 1$$, 'a card number'),
    ($$'010-1234-5678', 'cheap', 1, 1$$, 'a telephone number'),
    ($$'DE89370400440532013000', 'cheap', 1, 1$$, 'an IBAN'),
    ($$'a', null, 1, 1$$, 'no model'), ($$'a', 'a model', 1, 1$$, 'a model with a blank'),
    ($$'a', 'cheap', null, 1$$, 'no input tokens'), ($$'a', 'cheap', -1, 1$$, 'negative tokens'),
    ($$'a', 'cheap', 1, null$$, 'no output tokens'),
    ($$'a', 'cheap', 1, 1000000001$$, 'too many tokens'),
    ($$'a', 'cheap', 9223372036854775807, 9223372036854775807$$, 'the largest bigint'),
    ($$'a', 'cheap', 1, 1, null$$, 'no time to live'), ($$'a', 'cheap', 1, 1, '0'$$, 'none at all'),
    ($$'a', 'cheap', 1, 1, '1 month'$$, 'a month to live'),
    ($$'a', 'cheap', 1, 1, '-1 second'$$, 'a negative time'),
    ($$'a', 'cheap', 1, 1, '1 hour', ''$$, 'an empty purpose'),
    ($$'a', 'cheap', 1, 1, '1 hour', 'p', 'jane.roe@example.com'$$, 'a mail address to correlate by')
  ) as c (arguments, what);
select is((select count(*) from core.llm_call_audit as a join ids on a.tenant_id = t), 0::bigint,
  'and leaves no trace');
select throws_ok($$ select api.reserve_llm_call(gen_random_uuid(), 'a', 'cheap', 1, 1) $$, 'HL002',
  'no such tenant', 'an unknown tenant is refused');
select throws_ok($$ select api.reserve_llm_call(null, 'a', 'cheap', 1, 1) $$, 'HL002',
  'no such tenant', 'and so is none');
select is(r.action, 'ALLOW', what || ' is a request id')
  from ids, (values
    ('a UUID', '01a1fd5e-3d8c-71e6-81f1-f74f9118a775'), ('one digit', '1'),
    ('a number of 16 digits that passes Luhn', '4242424242424242'),
    ('a ULID', '01ARZ3NDEKTSV4RRFFQ69G5FAV'), ('punctuation', 'run:7_step.2-b')) as c (what, id)
 cross join lateral api.reserve_llm_call(t, id, 'cheap', 10, 10) as r;

-- Arithmetic
select is(core.cost_of_llm_call(a, b, c, d), e, what)
  from (values
    (0, 0, 1, 1, 0::bigint, 'nothing costs nothing'), (1, 0, 1, 1, 1, 'a millionth is rounded up'),
    (1000000, 0, 1, 1, 1, 'a whole one is not'), (999999, 2, 1, 1, 2, 'both are rounded together'),
    (1000000000, 1000000000, 1000000000000, 1000000000000, 2000000000000000, 'the dearest call'),
    (9223372036854775807, 9223372036854775807, 9223372036854775807, 1, null,
      'what no bigint holds is told as null')
  ) as c (a, b, c, d, e, what);
select is(r.action, 'ALLOW', 'the dearest call fits the largest cap')
  from ids, api.reserve_llm_call(t, 'big', 'gold', 1000000000, 1000000000) as r;
select is((select b.remaining_micros from ids, api.llm_budgets(t) as b), 97999999999999985::numeric,
  'and what is left is exact');
select core.set_tenant(t) from ids;
select lives_ok(
  $$ select core.book_llm_usage(t, '{all}', now(), 0, 2000000000000000) from ids, generate_series(1, 5000) $$,
  'however much is spent, booking it does not fail');
select is(b.settled_micros, 9000000000000000000::numeric, 'it stops at nine trillion units')
  from ids, api.llm_budgets(t) as b;
select is(r.reason, 'budget_exhausted', 'and the budget is spent')
  from ids, api.reserve_llm_call(t, 'after', 'cheap', 10, 10) as r;

select * from finish();
rollback;

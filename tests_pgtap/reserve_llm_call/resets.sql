-- Budgets that never reset: here they do, at the edge, and what is open then stays with its day.
begin;
select no_plan();
select tap.llm_prices();
create temp table ids as select tap.tenant() as t;
create function pg_temp.at(p_id text, p_tokens bigint, p_at timestamptz,
  p_ttl interval default '10 minutes') returns text language sql as $$
  select tap.ask_llm(t, p_id, p_tokens, p_at, 'cheap', p_ttl) from ids
$$;
create function pg_temp.used(p_at timestamptz) returns text language sql as $$
  select format('%s + %s', s.settled_micros, s.reserved_micros)
    from ids, unnest(core.read_llm_budgets(t, '{all}', p_at)) as s
$$;

select api.set_llm_budget(t, 'all', 'day', 100, '{"timezone": "Europe/Berlin"}') from ids;
select is(pg_temp.at('a', 1000, '2026-03-02 22:59:59.9+00'), 'ALLOW cheap',
  'the last moment of a day spends the day');
select is(pg_temp.at('b', 1, '2026-03-02 22:59:59.95+00'), 'BLOCK budget_exhausted',
  'a moment later it is spent');
select is(tap.llm_resets_at(t, 'b'), timestamptz '2026-03-02 23:00:00+00',
  'until midnight of the budget''s own time zone') from ids;
select is(pg_temp.at('c', 1000, '2026-03-02 23:00:00+00'), 'ALLOW cheap',
  'at midnight there is a new budget, although a call of yesterday is still open');
select core.settle_llm_reservation(t, 'a', 2000, 0, '2026-03-02 23:00:05+00') from ids;
select is(pg_temp.used('2026-03-02 22:00:00+00'), '200 + 0',
  'a call that is settled after midnight belongs to the day that granted it');
select is(pg_temp.used('2026-03-02 23:00:00+00'), '0 + 100', 'and not to the next');
select is(pg_temp.at('d', 1, '2026-03-03 22:59:59+00'), 'ALLOW cheap',
  'what expires frees its own day');

select api.set_llm_budget(t, 'all', 'month', 100) from ids;
select is(pg_temp.at('e', 1000, '2026-04-30 23:59:59+00'), 'ALLOW cheap', 'a month is spent');
select is(pg_temp.at('f', 1, '2026-04-30 23:59:59.5+00'), 'BLOCK budget_exhausted', 'to its end');
select is(pg_temp.at('f', 1000, '2026-05-01 00:00:00+00', '1 day'), 'ALLOW cheap',
  'and there is another; the id that was blocked may ask again');

select core.settle_llm_reservation(t, 'f', 1000, 0, '2026-05-01 00:00:01+00') from ids;

-- A change of the period forgives nothing that was spent.
select is(pg_temp.used('2026-03-10 00:00:00+00'), '200 + 0',
  'the month knows what was spent when a day was counted');
select api.set_llm_budget(t, 'all', 'day', 100, '{"timezone": "Asia/Seoul"}') from ids;
select is(pg_temp.used('2026-05-01 12:00:00+00'), '100 + 0', 'the day what the month did');
select is(pg_temp.used('2026-05-01 15:00:00+00'), '0 + 0', 'and ends at 15:00 UTC in Seoul');

-- Rolling windows
select api.set_llm_budget(t, 'all', 'rolling', 100) from ids;
select is(pg_temp.at('g', 600, '2026-06-01 10:07:00+00', '1 day'), 'ALLOW cheap', 'some at 10:07');
select is(pg_temp.at('h', 400, '2026-06-01 12:00:00+00', '1 day'), 'ALLOW cheap', 'the rest at 12');
select core.settle_llm_reservation(t, id, n, 0, '2026-06-01 12:01:00+00')
  from ids, (values ('g', 600), ('h', 400)) as c (id, n);
select is(pg_temp.at('i', 100, '2026-06-02 10:14:59+00'), 'BLOCK budget_exhausted',
  'a day later the quarter of an hour in which it was spent has to go by');
select is(tap.llm_resets_at(t, 'i'), timestamptz '2026-06-02 10:15:00+00',
  'as the denial tells') from ids;
select is(pg_temp.at('j', 700, '2026-06-02 10:14:59+00'), 'BLOCK budget_exhausted', 'who wants more');
select is(tap.llm_resets_at(t, 'j'), timestamptz '2026-06-02 12:15:00+00',
  'has to wait until more has gone by') from ids;
select is(pg_temp.at('i', 100, '2026-06-02 10:15:00+00'), 'ALLOW cheap', 'then it fits');
select api.set_llm_budget(t, 'all', 'rolling', 100, '{"window": "30d"}') from ids;
select is(pg_temp.at('k', 1, '2026-06-30 12:00:00+00'), 'BLOCK budget_exhausted',
  'thirty days count what one day did');
select is(tap.llm_resets_at(t, 'k'), timestamptz '2026-07-01 12:00:00+00',
  'in slices of six hours') from ids;
select is(pg_temp.at('k', 600, '2026-07-01 12:00:00+00'), 'ALLOW cheap', 'and let go of it');

-- Several budgets, each with its own end.
select api.set_llm_budget(t, 'all', 'month', 100) from ids;
select api.set_llm_budget(t, 'model:cheap', 'day', 100) from ids;
select is(pg_temp.at('l', 1000, '2027-01-31 12:00:00+00', '1 second'), 'ALLOW cheap', 'both are spent');
select core.settle_llm_reservation(t, 'l', 1000, 0, '2027-01-31 12:00:01+00') from ids;
select is(pg_temp.at('m', 1, '2027-01-30 12:00:00+00'), 'BLOCK budget_exhausted', 'one is enough');
select is(pg_temp.at('m', 1, '2027-01-31 12:00:00+00'), 'BLOCK budget_exhausted', 'both');
select is(tap.llm_resets_at(t, 'm'), timestamptz '2027-02-01 00:00:00+00',
  'the later end counts') from ids;

select * from finish();
rollback;

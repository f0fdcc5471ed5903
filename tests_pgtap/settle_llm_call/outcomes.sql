-- What becomes of a granted call: settled, released or expired, in any order, once.
begin;
select no_plan();
select tap.llm_prices();
create temp table ids as select tap.tenant() as t;
select api.set_llm_budget(t, 'all', 'day', 1000) from ids;
create function pg_temp.ask(p_id text, p_tokens bigint default 1000) returns text
  language sql as $$
  select tap.ask_llm(t, p_id, p_tokens, timestamptz '2026-03-02 10:00:00+00') from ids
$$;
create function pg_temp.settle(p_id text, p_tokens bigint, p_at timestamptz default
  '2026-03-02 10:01:00+00') returns text language sql as $$
  select format('%s %s late=%s more=%s over=%s', o.status, o.settled_micros, o.is_late,
    o.exceeds_reservation, o.overdraws_budget)
    from ids, core.settle_llm_reservation(t, p_id, p_tokens, 0, p_at) as o
$$;
create function pg_temp.release(p_id text, p_at timestamptz default '2026-03-02 10:01:00+00')
  returns text language sql as $$
  select o.status from ids, core.release_llm_reservation(t, p_id, p_at) as o
$$;
create function pg_temp.used() returns text language sql as $$
  select format('%s + %s', s.settled_micros, s.reserved_micros)
    from ids, unnest(core.read_llm_budgets(t, '{all}', '2026-03-02 10:00:00+00')) as s
$$;

select is(pg_temp.ask('a'), 'ALLOW cheap', 'a call is granted');
select is(pg_temp.used(), '0 + 100', 'and its cost is held');
select is(pg_temp.settle('a', 500), 'settled 50 late=f more=f over=f', 'it is settled for less');
select is(pg_temp.used(), '50 + 0', 'and the rest is free');
select is(pg_temp.settle('a', 500, '2026-03-05 10:00:00+00'), 'settled 50 late=f more=f over=f',
  'a second time, days later, it is told the same');
select is(pg_temp.used(), '50 + 0', 'and nothing is counted twice');
select throws_ok($$ select pg_temp.settle('a', 501) $$, 'HL074',
  'this request id belongs to another call', 'with other tokens it is refused');
select throws_ok($$ select pg_temp.release('a') $$, 'HL075',
  'the call of this request id has ended', 'nor can it be released');
select throws_ok($$ select pg_temp.ask('a') $$, 'HL075',
  'the call of this request id has ended', 'nor reserved again');
select is(pg_temp.used(), '50 + 0', 'all of which changes nothing');

select is(pg_temp.ask('b'), 'ALLOW cheap', 'another');
select is(pg_temp.settle('b', 3000), 'settled 300 late=f more=t over=f',
  'one that cost more than was reserved is booked in full, and said so');
select is(pg_temp.ask('c', 6000), 'ALLOW cheap', 'another');
select is(pg_temp.settle('c', 10000), 'settled 1000 late=f more=t over=t',
  'also where the budget is overdrawn by it');
select is(pg_temp.used(), '1350 + 0', 'in full');
select is(pg_temp.ask('d', 1), 'BLOCK budget_exhausted', 'then nothing more is granted');
select api.set_llm_budget(t, 'all', 'day', 10000) from ids;

select is(pg_temp.ask('e'), 'ALLOW cheap', 'another');
select is(pg_temp.release('e'), 'released', 'is released');
select is(pg_temp.release('e'), 'released', 'twice');
select is(pg_temp.used(), '1350 + 0', 'and holds nothing');
select throws_ok($$ select pg_temp.ask('e') $$, 'HL075',
  'the call of this request id has ended', 'it is not granted again under its id');
select is(pg_temp.settle('e', 100), 'settled 10 late=t more=f over=f',
  'one that was made after all is booked, late');
select is(pg_temp.used(), '1360 + 0', 'and nothing is freed twice');

select is(pg_temp.ask('f'), 'ALLOW cheap', 'another');
select is(pg_temp.settle('f', 1000, '2026-03-02 10:10:00+00'), 'settled 100 late=t more=f over=f',
  'one whose time is over, though nobody noticed yet, is booked, late');
select is(pg_temp.ask('g'), 'ALLOW cheap', 'another');
select is(core.expire_llm_reservations(t, '2026-03-02 10:10:00+00'), 1, 'expires') from ids;
select is(pg_temp.used(), '1460 + 0', 'and holds nothing');
select is(pg_temp.release('g'), 'expired', 'releasing it changes nothing');
select is(pg_temp.settle('g', 2000, '2026-03-09 10:00:00+00'), 'settled 200 late=t more=t over=f',
  'and a week later it is still booked: it is spent');
select is(pg_temp.used(), '1660 + 0', 'on the day that granted it');
select throws_ok($$ select pg_temp.settle('never', 1) $$, 'HL076',
  'no call was granted under this request id', 'what was never granted cannot be settled');
select throws_ok($$ select pg_temp.settle('d', 1) $$, 'HL076',
  'no call was granted under this request id', 'nor what was blocked');
select throws_ok(
  format('select api.settle_llm_call(t, ''g'', %s) from ids', c.arguments), 'HL073',
  'the call is not stated properly', 'tokens out of bounds: ' || c.arguments)
  from unnest(array['-1, 0', 'null, 0', '0, null', '1000000001, 0']) as c (arguments);

-- A price that changes in between
select is(pg_temp.ask('h', 10), 'ALLOW cheap', 'a call is granted at one price');
insert into core.llm_model_pricing values ('cheap', '2026-03-02 10:00:30+00', 900000, 0, false);
select is(pg_temp.settle('h', 10), 'settled 1 late=f more=f over=f', 'and settled at the same');

-- A budget that is removed meanwhile, and one that comes back
select is(pg_temp.ask('i', 100), 'ALLOW cheap', 'a call is granted under a budget');
select api.remove_llm_budget(t, 'all') from ids;
select matches(pg_temp.settle('i', 100), '^settled 10 ', 'that is removed: it is settled all the same');
select api.set_llm_budget(t, 'all', 'day', 10000) from ids;
select is(pg_temp.used(), '1671 + 0', 'a budget that comes back knows what was spent under it');

-- The account: what is told of calls adds up to what budgets count.
select is(
  (select sum(c.settled_micros) from core.llm_call_outcomes as c join ids on c.tenant_id = t),
  1671::numeric, 'the outcomes add up to it');
select is(
  (select count(*) from core.llm_call_outcomes as c join ids on c.tenant_id = t
    where c.outcome <> 'settled'), 2::bigint, 'what was released or expired is told too');
select tap.set_tenant(t) from ids;
select results_eq(
  $$ select request_id, action, outcome, settled_micros, is_late from api.llm_calls
      where request_id in ('b', 'd', 'g') order by request_id $$,
  $$ values ('b', 'ALLOW', 'settled', 300::bigint, false), ('d', 'BLOCK', null, null, null),
    ('g', 'ALLOW', 'settled', 200, true) $$,
  'the view shows a decision once, with its outcome');

select * from finish();
rollback;

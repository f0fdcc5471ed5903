-- Leaked reservations: let go of by the next decision, and by the task; what is kept and what goes.
begin;
select no_plan();
select tap.llm_prices();
create temp table ids as select tap.tenant() as t, clock_timestamp() - interval '1 hour' as began;
select api.set_llm_budget(t, 'all', 'rolling', 100) from ids;
select api.set_llm_budget(t, 'purpose:x', 'rolling', 100, '{"window": "30d"}') from ids;

select is(tap.ask_llm(t, 'leak-' || n, 100, began, 'cheap', '1 minute', 'x'),
  'ALLOW cheap', 'reservation ' || n) from ids, generate_series(1, 10) as n;
select is(tap.ask_llm(t, 'early', 100, began + interval '59.999 seconds'), 'BLOCK budget_exhausted',
  'until their time is over they hold the budget') from ids;
select is(tap.ask_llm(t, 'late', 1000, began + interval '1 minute'), 'ALLOW cheap',
  'then the next decision lets go of all of them') from ids;
select is(
  (select string_agg(format('%s=%s', s.scope, s.reserved_micros), ' ' order by s.scope)
    from ids, unnest(core.read_llm_budgets(t, '{all,purpose:x}', began + interval '1 minute')) as s),
  'all=100 purpose:x=0', 'in every budget that they held');
select is(
  (select count(*) from core.llm_call_outcomes join ids on tenant_id = t where outcome = 'expired'),
  10::bigint, 'and tells so');

-- The task
select results_eq(
  $$ select j.queue, j.run_at - began from core.jobs as j join ids on j.tenant_id = t
      where j.task = 'expire_llm_reservations' $$,
  $$ values ('housekeeping', interval '2 minutes') $$,
  'one job is asked for, a minute after the first reservation ends');
update core.llm_reservations set expires_at = clock_timestamp() - interval '1 second'
  where request_id = 'late';
select is(r.status, 'succeeded', 'the worker runs it')
  from ids, api.run_next_job(t, '{housekeeping}') as r;
select is((select status from core.llm_reservations where request_id = 'late'), 'expired',
  'and what nobody settled has ended');
select is(
  (select count(*) from core.jobs as j join ids on j.tenant_id = t where j.status = 'pending'
    and j.task = 'expire_llm_reservations'), 0::bigint, 'nothing is left to be done');
select is(r.action, 'ALLOW', 'the next reservation')
  from ids, api.reserve_llm_call(t, 'next', 'cheap', 1, 1) as r;
select is(
  (select count(*) from core.jobs as j join ids on j.tenant_id = t where j.status = 'pending'
    and j.task = 'expire_llm_reservations'), 1::bigint, 'asks for it again');

-- Bounded, and it comes back
select tap.set_tenant(t) from ids;
update core.llm_reservations set status = 'reserved', finished_at = null,
    expires_at = clock_timestamp() - interval '1 second' where request_id ~ 'leak-[1-5]$';
alter table core.llm_call_outcomes disable trigger llm_call_outcomes__refuse_change;
delete from core.llm_call_outcomes;
alter table core.llm_call_outcomes enable trigger llm_call_outcomes__refuse_change;
select is(core.job_expire_llm_reservations(t, '{"limit": 3}'), '{"expired": 3, "pruned": 0}',
  'the task takes so many at a time') from ids;
select cmp_ok((select min(j.run_at) from core.jobs as j join ids on j.tenant_id = t
    where j.status = 'pending' and j.task = 'expire_llm_reservations'), '<=', clock_timestamp(),
  'and asks for the rest at once');
select is(core.job_expire_llm_reservations(t, '{"limit": 3}') ->> 'expired', '2',
  'which it then takes') from ids;

-- What is kept
update core.llm_reservations set decided_at = clock_timestamp() - interval '36 days'
  where request_id ~ 'leak-[1-4]$' or request_id = 'next';
select is(core.job_expire_llm_reservations(t, '{"limit": 3}') ->> 'pruned', '3',
  'calls of long ago are forgotten, so many at a time') from ids;
select is(core.job_expire_llm_reservations(t, '{"limit": 3}') ->> 'pruned', '1',
  'the oldest first') from ids;
select is((select status from core.llm_reservations where request_id = 'next'), 'reserved',
  'but not one that is held');
select is((select count(*) from core.llm_reservations as r join ids on r.tenant_id = t), 8::bigint,
  'nor any that a window may reach');
select is((select count(*) from core.llm_call_audit as a join ids on a.tenant_id = t), 13::bigint,
  'the audit stays');

select * from finish();
rollback;

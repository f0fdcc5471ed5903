-- Whose turn it is: everybody's who has a due job, the one served longest ago first.
begin;
select plan(17);

create temp table ids as
  select who, tap.tenant(who) as tenant_id from unnest(array['busy', 'calm', 'idle']) as who;
select tap.task('nothing', $$ begin return '{}'; end $$);
create function pg_temp.turns(p_queues text[] default '{maintenance}', p_limit integer default 100)
  returns text language sql as $$
  select string_agg(who, ' ' order by nr)
    from api.tenants_with_due_jobs(p_queues, p_limit) with ordinality as t (tenant_id, nr)
    join ids using (tenant_id)
$$;
create function pg_temp.run(p_who text) returns text language sql as $$
  select tap.run(tenant_id) from ids where who = p_who
$$;

select is(pg_temp.turns(), null, 'without a due job it is nobody''s turn');
select tap.enqueue(tenant_id, 'nothing', 'k' || i)
  from ids, generate_series(1, 20) as i where who = 'busy';
select tap.enqueue(tenant_id, 'nothing', 'k') from ids where who = 'calm';
select tap.enqueue(tenant_id, 'nothing', 'k', '{}', now() + interval '1 hour')
  from ids where who = 'idle';
select is(pg_temp.turns(), 'busy calm', 'of those never served who has waited longest comes first');
select is(pg_temp.turns('{maintenance}', 1), 'busy', 'as many as asked for');
select is(pg_temp.turns('{maintenance}', 0), null, 'or none');
select is(pg_temp.run('busy'), 'succeeded', 'it is served');
select is(pg_temp.turns(), 'calm busy', 'and others come before it, however much it has to do');
select is(pg_temp.turns('{maintenance}', 1), 'calm', 'even if one alone is asked for');
select is(pg_temp.run('calm'), 'succeeded', 'the other is served');
select is(pg_temp.turns(), 'busy', 'who has nothing left has no turn');
select is(pg_temp.turns('{attribution}'), null, 'nor has anybody in a queue without jobs');
select is(pg_temp.turns('{attribution,maintenance}'), 'busy', 'one of several queues is enough');

-- Leases
select lives_ok(
  $$ select api.lease_next_job(tenant_id, '{maintenance}', '1 minute', 'w')
       from ids, generate_series(1, 19) where who = 'busy' $$, 'all its jobs are leased');
select is(pg_temp.turns(), null, 'then it has no turn');
update core.jobs set leased_until = now() where key = 'k7';
select is(pg_temp.turns(), 'busy', 'until a lease ends');

select throws_ok(
  format('select api.tenants_with_due_jobs(%L, 1)', queues), 'HL026', 'no such queue',
  'the queues must be named: ' || coalesce(queues, 'null'))
  from unnest(array[null, '{}', '{typo}']) as queues;

select * from finish();
rollback;

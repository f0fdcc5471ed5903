-- Triggers: one small function per table, named after it, that only names columns it has.
begin;
select plan(11);

create temp view triggers as
  select
    t.*, c.relname, p.proname, p.prosrc, p.pronamespace,
    -- pg_trigger.tgtype: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate
    t.tgtype & 1 = 1 as is_row, t.tgtype & 2 = 2 as is_before
  from pg_trigger as t
  join pg_class as c on c.oid = t.tgrelid
  join pg_proc as p on p.oid = t.tgfoid
  where not t.tgisinternal and c.relnamespace in ('core'::regnamespace, 'api'::regnamespace);

create temp view json_columns as
  select c.oid, c.relname, a.attname
    from pg_class as c
    join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_type as e on e.typarray = a.atttypid
   where c.relnamespace = 'core'::regnamespace and c.relkind in ('r', 'p', 'f', 'm')
     and coalesce(nullif(e.oid, 0), a.atttypid) in ('json'::regtype, 'jsonb'::regtype);

-- Which columns of the row a trigger function names.
create temp view named_columns as
  select t.relname, t.tgrelid, t.proname, lower(n.part[1]) as column_name
    from triggers as t
   cross join regexp_matches(t.prosrc, '\m(?:new|old)\.("?[a-z_][a-z0-9_]*)', 'gi') as n (part);

select cmp_ok((select count(*) from triggers), '>=', 5::bigint, 'the sweeps see the triggers');
select cmp_ok((select count(*) from json_columns), '>=', 4::bigint,
  'the sweeps see the JSON columns');
select cmp_ok((select count(*) from named_columns), '>=', 12::bigint,
  'the sweeps see what NEW and OLD name');

select is_empty(
  $$ select relname, tgname from triggers
    where tgname !~ ('^' || relname || '__[a-z]+(_[a-z]+)*$') $$,
  'every trigger is named <table>__<task>');
select is_empty(
  $$ select relname, tgname, proname from triggers
      where proname <> 'tg_' || tgname or pronamespace <> 'core'::regnamespace $$,
  'every trigger calls core.tg_<table>__<task>');
select is_empty(
  $$ select p.oid::regprocedure, count(distinct t.tgrelid)
       from pg_proc as p
       left join triggers as t on t.tgfoid = p.oid
      where p.pronamespace in ('core'::regnamespace, 'api'::regnamespace)
        and p.prorettype in ('trigger'::regtype, 'event_trigger'::regtype)
      group by p.oid
     having count(distinct t.tgrelid) <> 1 $$,
  'every trigger function serves exactly one table');
select is_empty(
  $$ select proname, column_name from named_columns as n
      where not exists (
        select from pg_attribute as a
         where a.attrelid = n.tgrelid and a.attname = n.column_name and a.attnum > 0
           and not a.attisdropped) $$,
  'no trigger function names a column that its table lacks');
select is_empty(
  $$ select relname, tgname from triggers where tgenabled not in ('O', 'A') $$,
  'every trigger is enabled');

-- The second line of privacy
select is_empty(
  $$ select distinct j.relname from json_columns as j
      where not exists (
        select from triggers as t
         where t.tgrelid = j.oid and t.tgname = j.relname || '__guard_pii'
           and t.is_row and t.is_before and t.tgtype & 4 = 4 and t.tgtype & 16 = 16
           and t.tgattr = '' and t.tgqual is null) $$,
  'every table with JSON has a guard trigger before each insert and update of a row');
select is_empty(
  $$ select j.relname, j.attname from json_columns as j
      where not exists (
        select from named_columns as n
         where n.tgrelid = j.oid and n.proname = 'tg_' || j.relname || '__guard_pii'
           and n.column_name = j.attname) $$,
  'the guard of a table looks at every JSON column');

-- Events, ledger and audits are immutable.
select set_eq(
  $$ select relname::text from triggers
      where tgname = relname || '__refuse_change' and is_before and not is_row
        and tgtype & 8 = 8 and tgtype & 16 = 16 and tgtype & 32 = 32 and tgattr = ''
          and tgqual is null $$,
  array['attribution_events', 'dead_event_attempts', 'llm_call_audit', 'llm_call_outcomes',
    'revenue_ledger'],
  'events, ledger, audits and the record of attempts refuse every update, delete and truncate');

select * from finish();
rollback;

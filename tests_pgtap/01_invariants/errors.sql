-- The catalogue of errors, and that nothing raises what is not in it.
begin;
select no_plan();

create temp view raised as
  select p.oid::regprocedure::text as signature, r.part[1] as reason
    from pg_proc as p
   cross join regexp_matches(p.prosrc, 'raise_error\(\s*''([^'']*)''', 'g') as r (part)
   where p.pronamespace in ('core'::regnamespace, 'api'::regnamespace);

-- A code or reason that only a catalogue knows would be a promise nobody keeps.
create temp view sources as
  select string_agg(p.prosrc, e'\n') as text
    from pg_proc as p
   where p.pronamespace in ('core'::regnamespace, 'api'::regnamespace)
     and p.oid <> 'core.errors()'::regprocedure;

select cmp_ok((select count(*) from core.errors()), '>=', 25::bigint,
  'the sweeps see the catalogue');
select cmp_ok((select count(*) from raised), '>=', 40::bigint,
  'the sweeps see what functions raise');

select is_empty(
  $$ select sqlstate from core.errors() group by sqlstate having count(*) > 1 $$,
  'no SQLSTATE is used twice');
select is_empty(
  $$ select reason from core.errors() group by reason having count(*) > 1 $$,
  'no reason is used twice');
select is_empty(
  $$ select sqlstate from core.errors()
      where not (sqlstate ~ '^HL[0-9]{3}$' or sqlstate = '23514' and reason = 'pii_violation') $$,
  'every SQLSTATE is of class HL, but 23514 of the guard triggers');
select is_empty(
  $$ select reason from core.errors() where reason !~ '^[a-z]+[0-9]*(_[a-z0-9]+)*$' $$,
  'every reason is a plain word');
select is_empty(
  $$ select reason, message from core.errors() where coalesce(message, '') = '' or message ~ '%'
    or length(message) > 100 $$,
  'every message is there, constant and short');
select is_empty(
  $$ select signature, reason from raised
    where reason not in (select e.reason from core.errors() as e) $$,
  'no function raises a reason that is not in the catalogue');
select is_empty(
  $$ select e.reason from core.errors() as e, sources as s
      where strpos(s.text, '''' || e.reason || '''') = 0
        and strpos(s.text, '''' || e.sqlstate || '''') = 0 $$,
  'every error of the catalogue is used by some function');

-- RAISE without a catalogued code could carry what the payload says; re-raising is fine.
select is_empty(
  $$ select p.oid::regprocedure
       from pg_proc as p
      where p.pronamespace in ('core'::regnamespace, 'api'::regnamespace)
        and p.prosrc ~* '\mraise\s+[^;]'
        and p.oid::regprocedure::text not in (
          'core.raise_error(text,text)',
          -- raises again what core.read_body raised, by its SQLSTATE alone
          'core.interpret_delivery(text,jsonb,bytea,jsonb,bytea[])') $$,
  'no function writes a message of its own');

select throws_ok(
  format('select core.raise_error(%L, %L)', reason, 'where'), sqlstate::char(5), message,
  format('raise_error raises %s for %s', sqlstate, reason))
  from core.errors()
 order by sqlstate;
select throws_ok(
  $$ select core.raise_error('no_such_reason') $$, 'P0002', null,
  'raise_error refuses a reason that is not in the catalogue');

create temp table raised_error (sqlstate text, message text, detail text, hint text);
do $$
declare
  v raised_error;
begin
  perform core.raise_error('invalid_setting', 'key colour');
exception when others then
  get stacked diagnostics
    v.sqlstate = returned_sqlstate, v.message = message_text, v.detail = pg_exception_detail,
    v.hint = pg_exception_hint;
  insert into raised_error select v.*;
end
$$;
select row_eq(
  'select * from raised_error',
  row('HL005', 'the settings hold an unknown key or value', 'key colour',
    'DETAIL names the key')::raised_error,
  'an error has its catalogued message and hint, and the identifiers in its detail');

select * from finish();
rollback;

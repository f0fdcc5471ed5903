-- Static analysis of every PL/pgSQL function, where the extension is available (Debian's
-- postgresql-15-plpgsql-check). A control file without its library counts as not available.
begin;
select no_plan();

create temp table analysis (is_available boolean);
do $$
begin
  create extension if not exists plpgsql_check schema tap;
  insert into analysis values (true);
exception when feature_not_supported or undefined_file then
  insert into analysis values (false);
end
$$;

create temp view plpgsql_functions as
  select p.oid, p.oid::regprocedure::text as signature, coalesce(t.tgrelid, 0) as relation
    from pg_proc as p
    join pg_language as l on l.oid = p.prolang and l.lanname = 'plpgsql'
    left join pg_trigger as t on t.tgfoid = p.oid
   where p.pronamespace in ('core'::regnamespace, 'api'::regnamespace)
     -- A trigger function without its trigger cannot be analysed; triggers.sql refuses it.
     and (p.prorettype <> 'trigger'::regtype or t.oid is not null);

create function pg_temp.findings_in(p_function oid, p_relation oid) returns setof text
  language plpgsql as $$
begin
  return query
    select format('%s %s line %s: %s', c.level, c.sqlstate, c.lineno,
      concat_ws(', ', c.message, c.detail))
      from tap.plpgsql_check_function_tb(
        p_function::regprocedure, relid => p_relation::regclass, fatal_errors => false,
        other_warnings => true,
        extra_warnings => true, security_warnings => true) as c
     -- The functions of a provider have one signature, whether it needs every argument or not.
     where not (c.message ~ '^unused parameter'
         and p_function::regprocedure::text ~ '^core[.](identify|redact|normalize)_')
       -- Compose functions from what the catalogue or a revision says, quoted by %I and %L, when
       -- migrating.
       and not (c.level = 'security' and p_function in (
         'core.build_dispatch()'::regprocedure, 'core.build_job_dispatch()'::regprocedure,
         'core.build_channels()'::regprocedure))
       -- Every task has one signature, too.
       and not (c.message ~ '^unused parameter'
         and p_function::regprocedure::text ~ '^core[.]job_');
end
$$;

select pass('plpgsql_check is not available on this server: nothing was analysed')
  from analysis
 where not is_available;
select is_empty(
  format('select pg_temp.findings_in(%s, %s)', oid, relation),
  'plpgsql_check finds nothing in ' || signature)
  from analysis, plpgsql_functions
 where is_available
 order by signature;

select * from finish();
rollback;

-- What holds for every function, whoever adds it.
begin;
select plan(20);

create temp view functions as
  select p.*, n.nspname, p.oid::regprocedure::text as signature,
    pg_get_userbyid(p.proowner) as owner
    from pg_proc as p
    join pg_namespace as n on n.oid = p.pronamespace
   where n.nspname in ('core', 'api');

create temp view api_comments as
  select signature, obj_description(oid, 'pg_proc') as text from functions where nspname = 'api';

-- The operator sees across tenants where its policies say so (see policies.sql).
create temp table operator_functions (signature) as values
  ('core.bound_tenant()'),            -- which tenant is this login bound to?
  ('api.bind_reader(uuid,text)'),     -- is this login bound elsewhere?
  ('api.find_endpoint(uuid)'),        -- whose endpoint is in this URL?
  ('api.refresh_allocation_summary()'),   -- sums up every tenant's days
  ('api.tenants_with_due_jobs(text[],integer)'),  -- whose turn is it?
  ('core.open_llm_circuits()');       -- how many, of all tenants together?

-- Everything else of api touches one tenant's data, so that a call can be routed to its node.
create temp table calls_without_tenant (signature) as values
  ('api.create_tenant(text)'),        -- there is none yet
  ('api.find_endpoint(uuid)'),        -- tells the tenant
  ('api.refresh_allocation_summary()'),   -- of all tenants
  ('api.tenants_with_due_jobs(text[],integer)'),  -- tells the tenants
  ('api.health()'),                   -- of tenants only a number over all
  ('api.set_llm_price(text,bigint,bigint,boolean,text,timestamp with time zone)');  -- for all

select cmp_ok((select count(*) from functions), '>=', 60::bigint, 'the sweeps see the functions');
select is_empty(
  $$ select p.oid::regprocedure from pg_proc as p
      where pg_get_userbyid(p.proowner) in ('hookledger_owner', 'hookledger_operator')
        and p.pronamespace not in ('core'::regnamespace, 'api'::regnamespace) $$,
  'no function of Hookledger is outside core and api');

-- How a function is declared
select is_empty(
  $$ select signature from functions
      where (proconfig is null or not 'search_path=pg_catalog, pg_temp' = any (proconfig))
        and prosqlbody is null $$,
  'every function pins search_path to pg_catalog, pg_temp, or has its names resolved already');
select is_empty(
  $$ select signature from functions as f
       join pg_language as l on l.oid = f.prolang
      where l.lanname not in ('sql', 'plpgsql') $$,
  'every function is written in SQL or PL/pgSQL');
select is_empty(
  $$ select signature from functions where nspname = 'api' and not prosecdef $$,
  'every api function runs as its owner (security definer)');
select set_eq(
  $$ select signature from functions where nspname = 'core' and prosecdef $$,
  array['core.bound_tenant()', 'core.open_llm_circuits()'],
  'no core function is security definer but the listed ones');
select is_empty(
  $$ select signature from functions
      where nspname = 'api'
        and (proargnames[1] is distinct from 'p_tenant_id' or proargtypes[0] <> 'uuid'::regtype)
        and signature not in (select c.signature from calls_without_tenant as c) $$,
  'every api function takes p_tenant_id first, but the listed ones');
select is_empty(
  $$ select signature, a.name from functions
      cross join unnest(proargnames,
        coalesce(proargmodes::text[], array_fill('i'::text, array[pronargs]))) as a (name, mode)
      where nspname = 'api' and a.mode in ('i', 'b', 'v') and a.name not like 'p\_%' $$,
  'every argument of an api function is named p_…');

-- Who owns and who may call it
select set_eq(
  $$ select signature from functions where owner = 'hookledger_operator' $$,
  $$ select signature from operator_functions $$,
  'the operator owns exactly the listed functions');
select is_empty(
  $$ select signature, owner from functions
    where owner not in ('hookledger_owner', 'hookledger_operator') $$,
  'every other function belongs to the owner');
select is_empty(
  $$ select signature from functions where has_function_privilege('public', oid, 'execute') $$,
  'no function may be called by PUBLIC');

-- … nor may one that is added tomorrow.
set local role hookledger_owner;
create function core.new_of_owner() returns void language sql as '';
create function api.new_of_owner() returns void language sql as '';
set local role hookledger_operator;
create function core.new_of_operator() returns void language sql as '';
create function api.new_of_operator() returns void language sql as '';
set local role none;
select is(
  (select count(*) from functions where proname like 'new_of_%'
    and not has_function_privilege('public', oid, 'execute')),
  4::bigint,
  'a new function of owner or operator, in core or api, may not be called by PUBLIC');
select is_empty(
  $$ select r.role, f.signature
       from functions as f
      cross join unnest(array['shim', 'worker', 'dba', 'reader']) as r (role)
      where f.proname like 'new_of_%'
        and has_function_privilege('hookledger_' || r.role, f.oid, 'execute') $$,
  'a new function may be called by nobody until somebody is named');
drop function core.new_of_owner(), api.new_of_owner(), core.new_of_operator(),
  api.new_of_operator();

-- Comments
select is_empty(
  $$ select signature from functions where obj_description(oid, 'pg_proc') is null $$,
  'every function is commented');
select is_empty(
  $$ select signature from api_comments where text !~ '\nRaises: \S' $$,
  'the comment of every api function has a line Raises:');
select is_empty(
  $$ select signature from api_comments where text !~ '\nExample: select ' $$,
  'the comment of every api function has a line Example:');
select is_empty(
  $$ select signature from api_comments
    where text !~ ('\nExample: [^\n]*' || split_part(signature, '(', 1)) $$,
  'the example of every api function calls it');
select is_empty(
  $$ select signature from api_comments where length(split_part(text, e'\n', 1)) > 120 $$,
  'the first line of an api function''s comment is short');
select is_empty(
  $$ select signature, c.code
       from api_comments,
            regexp_matches(substring(text from '\nRaises: (.*)\nExample:'),
              '(HL[0-9]{3}) ([a-z_]+)', 'g') as c (code)
      where not exists (
        select from core.errors() as e where e.sqlstate = c.code[1] and e.reason = c.code[2]) $$,
  'every HL code that a comment promises is in the catalogue under that name');

-- SQL bodies are late bound when migrating: here each function is made again with its body checked.
create function pg_temp.unsound_functions() returns setof text language plpgsql as $$
declare
  v_function record;
begin
  for v_function in
    select signature, oid from functions where prokind in ('f', 'p') order by signature
  loop
    begin
      execute pg_get_functiondef(v_function.oid);
    exception when others then
      return next v_function.signature || ': ' || sqlerrm;
    end;
  end loop;
end
$$;
set local check_function_bodies = on;
select is_empty('select pg_temp.unsound_functions()', 'every function''s body names what exists');

select * from finish();
rollback;

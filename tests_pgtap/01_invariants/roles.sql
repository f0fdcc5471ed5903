-- The six roles: what they are and what they are not a member of.
begin;
select plan(7);

create temp view roles as
  select * from pg_roles where rolname in (
    'hookledger_owner', 'hookledger_operator', 'hookledger_shim', 'hookledger_worker',
    'hookledger_dba',
    'hookledger_reader');

select set_eq(
  'select rolname::text, rolcanlogin from roles',
  $$ values
    ('hookledger_owner', false), ('hookledger_operator', false), ('hookledger_reader', false),
    ('hookledger_shim', true), ('hookledger_worker', true), ('hookledger_dba', true) $$,
  'shim, worker and dba log in; owner, operator and reader do not');
select is_empty('select rolname from roles where rolsuper', 'no role is a superuser');
select is_empty('select rolname from roles where rolbypassrls',
  'no role bypasses row-level security');
select is_empty(
  'select rolname from roles where rolcreaterole or rolcreatedb or rolreplication',
  'no role may create roles or databases, or replicate');
select is_empty(
  $$ select m.member::regrole, m.roleid::regrole
       from pg_auth_members as m
       join roles as r on r.oid = m.member $$,
  'no role is a member of another');
select is_empty(
  $$ select rolname from roles where shobj_description(oid, 'pg_authid') is null $$,
  'every role is commented');
select set_eq(
  $$ select n.nspname::text, pg_get_userbyid(n.nspowner)::text, a.grantee::regrole::text,
    a.privilege_type
       from pg_namespace as n
      cross join aclexplode(n.nspacl) as a
      where n.nspname in ('core', 'api') and a.grantee <> n.nspowner $$,
  $$ values
    ('core', 'hookledger_owner', 'hookledger_operator', 'USAGE'),
    ('core', 'hookledger_owner', 'hookledger_operator', 'CREATE'),
    ('api', 'hookledger_owner', 'hookledger_operator', 'USAGE'),
    ('api', 'hookledger_owner', 'hookledger_operator', 'CREATE'),
    ('api', 'hookledger_owner', 'hookledger_shim', 'USAGE'),
    ('api', 'hookledger_owner', 'hookledger_worker', 'USAGE'),
    ('api', 'hookledger_owner', 'hookledger_dba', 'USAGE'),
    ('api', 'hookledger_owner', 'hookledger_reader', 'USAGE') $$,
  'callers may name what is in api, nothing in core');

select * from finish();
rollback;

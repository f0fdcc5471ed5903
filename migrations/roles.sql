-- Roles and schemas. Roles belong to the cluster and outlive a database, so they are not a revision:
-- this file runs before every migration, as the migrator's own login, and changes nothing the second time.
-- The migrator needs SUPERUSER, or CREATEROLE together with CREATE on this database.

do $$
declare
  v_role record;
begin
  for v_role in
    select * from (values
      ('hookledger_owner', 'nologin noinherit',
        'Owns every object of Hookledger and obeys the policies: no BYPASSRLS, RLS is forced'),
      ('hookledger_operator', 'nologin noinherit',
        'Owns the few functions that see across tenants; each table it may cross has a named policy'),
      ('hookledger_shim', 'login', 'The HTTP shim: ingestion and endpoint lookup, no table'),
      ('hookledger_worker', 'login', 'The worker: job functions, no table'),
      ('hookledger_dba', 'login', 'Operations: tenants, endpoints, the api views'),
      ('hookledger_reader', 'nologin', 'Group of reporting logins, each bound to one tenant')
    ) as r (name, attributes, description)
  loop
    begin
      if not exists (select from pg_catalog.pg_roles where rolname = v_role.name) then
        execute pg_catalog.format('create role %I %s', v_role.name, v_role.attributes);
        execute pg_catalog.format('comment on role %I is %L', v_role.name, v_role.description);
      end if;
    exception when duplicate_object or unique_violation then
      null;  -- another database of this cluster is being migrated at the same moment
    end;
    -- SET ROLE to the two owners is how the migrator creates what they own. From 16 on the creator of
    -- a role is its member without that right.
    if v_role.name in ('hookledger_owner', 'hookledger_operator')
      and not pg_catalog.pg_has_role(current_user, v_role.name,
        case when pg_catalog.current_setting('server_version_num')::integer >= 160000 then 'set'
          else 'member' end)
    then
      execute pg_catalog.format('grant %I to current_user', v_role.name);
    end if;
  end loop;

  if not exists (select from pg_catalog.pg_namespace where nspname = 'core') then
    create schema core authorization hookledger_owner;
  end if;
  if not exists (select from pg_catalog.pg_namespace where nspname = 'api') then
    create schema api authorization hookledger_owner;
  end if;
end
$$;

-- Without `in schema`: a per-schema entry cannot take away what is granted globally.
alter default privileges for role hookledger_owner revoke execute on functions from public;
alter default privileges for role hookledger_operator revoke execute on functions from public;

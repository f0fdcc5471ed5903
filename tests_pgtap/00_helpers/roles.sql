-- Who a test acts as, and for which tenant. All of it ends with the test's transaction.

-- A test that has become another role still reports with pgTAP's functions. pgTAP keeps its own
-- state in temporary tables that every role may use.
grant usage on schema tap to public;

create or replace function tap.act_as(p_role name)
  returns void
  language sql
as $function$
  select set_config('role', p_role, true)
$function$;
comment on function tap.act_as(name) is
  'Becomes a role, as `set local role` does; what depends on session_user stays';

create or replace function tap.act_as_migrator()
  returns void
  language sql
as $function$
  select set_config('role', 'none', true)
$function$;
comment on function tap.act_as_migrator() is 'Becomes the login again that runs the tests';

create or replace function tap.set_tenant(p_tenant_id uuid)
  returns void
  language sql
as $function$
  select set_config('app.current_tenant_id', p_tenant_id::text, true)
$function$;
comment on function tap.set_tenant(uuid) is 'Sets the tenant as anybody can by hand';

create or replace function tap.clear_tenant()
  returns void
  language sql
as $function$
  select set_config('app.current_tenant_id', '', true)
$function$;
comment on function tap.clear_tenant() is
  'Leaves the tenant setting as a committed transaction does: empty, not unset';

create or replace function tap.create_login(p_name name, p_groups name[] default '{}')
  returns void
  language plpgsql
as $function$
begin
  execute format('create role %I login', p_name);
  for i in 1 .. cardinality(p_groups) loop
    execute format('grant %I to %I', p_groups[i], p_name);
  end loop;
end
$function$;
comment on function tap.create_login(name, name[]) is
  'Creates a login, a member of these groups; `set local session authorization` then acts as it';

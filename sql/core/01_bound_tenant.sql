-- Which tenant the login of this session is bound to. Owned by the operator: the binding must be
-- read before a tenant is known. Null for none, or (which api.bind_reader prevents) several.
set local role hookledger_operator;

create or replace function core.bound_tenant()
  returns uuid
  language sql
  stable
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
  select min(l.tenant_id::text)::uuid
    from core.tenant_logins as l
   where l.role_name = session_user
  having count(*) = 1
$function$;

comment on function core.bound_tenant() is
  'The tenant that core.tenant_logins binds this login to, or null';

revoke all on function core.bound_tenant() from public;
grant execute on function core.bound_tenant()
  to hookledger_owner, hookledger_dba, hookledger_worker, hookledger_reader;

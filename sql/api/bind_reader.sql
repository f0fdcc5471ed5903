-- Binds a reporting login to its tenant. Owned by the operator because "bound once" is a question
-- across tenants. The login must be one of hookledger_reader and nothing more: a superuser or a
-- member of another role of Hookledger is not bound by anything. Locks: one advisory lock, so that
-- two bindings of one login cannot pass each other.
set local role hookledger_operator;

create or replace function api.bind_reader(p_tenant_id uuid, p_role_name text)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
begin
  perform core.set_tenant(p_tenant_id);
  perform pg_advisory_xact_lock(hashtextextended('core.tenant_logins', 0));
  if not exists (select from core.tenants as t where t.tenant_id = p_tenant_id) then
    perform core.raise_error('unknown_tenant', format('tenant_id %s', p_tenant_id));
  end if;
  if not exists (
      select from pg_roles as r
       where r.rolname = p_role_name and r.rolcanlogin and not r.rolsuper
         and pg_has_role(r.oid, 'hookledger_reader', 'member')
         and not exists (
           select from pg_roles as m
            where m.rolname ~ '^hookledger_(owner|operator|shim|worker|dba)$'
              and pg_has_role(r.oid, m.oid, 'member')))
    or exists (
      select from core.tenant_logins as l
       where l.role_name = p_role_name and l.tenant_id <> p_tenant_id)
  then
    perform core.raise_error('reader_not_bindable');
  end if;
  insert into core.tenant_logins (tenant_id, role_name)
  values (p_tenant_id, p_role_name)
  on conflict (tenant_id, role_name) do nothing;
end
$function$;

comment on function api.bind_reader(uuid, text) is
$doc$Lets a reporting login read the api views of one tenant and only that one, whatever it sets.
The login itself is the DBA's: create role … login in role hookledger_reader.
Raises: HL002 unknown_tenant, HL006 reader_not_bindable (no such login, too many rights, or bound
to another tenant).
Example: select api.bind_reader(:tenant, 'acme_reports');$doc$;

revoke all on function api.bind_reader(uuid, text) from public;
grant execute on function api.bind_reader(uuid, text) to hookledger_dba;

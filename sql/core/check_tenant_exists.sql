-- Needs the tenant context to be set: under row-level security another tenant does not exist.
create or replace function core.check_tenant_exists(p_tenant_id uuid)
  returns void
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if not exists (select from core.tenants as t where t.tenant_id = p_tenant_id) then
    perform core.raise_error('unknown_tenant', format('tenant_id %s', p_tenant_id));
  end if;
end
$function$;

comment on function core.check_tenant_exists(uuid) is
  'Raises HL002 for a tenant that does not exist';

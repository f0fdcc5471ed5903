-- Every function that touches a tenant's data calls this first: the context is set where it is
-- used, never expected from outside, and ends with the transaction (so it holds through PgBouncer).
create or replace function core.set_tenant(p_tenant_id uuid)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if set_config('app.current_tenant_id', p_tenant_id::text, true) = '' then
    perform core.raise_error('unknown_tenant', 'tenant_id is null');
  end if;
end
$function$;

comment on function core.set_tenant(uuid) is
$doc$Sets app.current_tenant_id for the rest of the transaction.
Raises: unknown_tenant (HL002) for null.$doc$;

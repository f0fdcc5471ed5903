-- The shim knows an endpoint only by the id in the URL: its tenant is what this tells. So it
-- crosses tenants and belongs to the operator, whose policy on core.webhook_endpoints allows
-- reading only. Not indexed by endpoint_id alone (every index leads with the tenant): the shim
-- caches the answer.
set local role hookledger_operator;

create or replace function api.find_endpoint(
  p_endpoint_id uuid
)
  returns table (tenant_id uuid, provider text, secrets text[], settings jsonb)
  language sql
  stable
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
  select e.tenant_id, e.provider, e.secrets, e.settings
    from core.webhook_endpoints as e
   where e.endpoint_id = p_endpoint_id
$function$;

comment on function api.find_endpoint(uuid) is
$doc$Tenant, provider, secrets and settings of an endpoint; no row where there is none.
Secrets come as stored: literal, env:NAME or file:PATH.
Raises: nothing.
Example: select * from api.find_endpoint(:endpoint);$doc$;

revoke all on function api.find_endpoint(uuid) from public;
grant execute on function api.find_endpoint(uuid) to hookledger_shim, hookledger_dba;

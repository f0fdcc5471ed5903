-- The hashes a bearer key is compared with, by the shim, which caches them.
create or replace function api.find_llm_keys(p_tenant_id uuid)
  returns bytea[]
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
begin
  perform core.set_tenant(p_tenant_id);
  return array(
    select k.key_sha256
      from core.llm_keys as k
     where k.tenant_id = p_tenant_id and k.revoked_at is null
     order by k.created_at);
end
$function$;

comment on function api.find_llm_keys(uuid) is
$doc$SHA-256 of each live bearer key of a tenant; empty where there is none, or no such tenant.
Raises: HL002 unknown_tenant (null).
Example: select api.find_llm_keys(:tenant);$doc$;

revoke all on function api.find_llm_keys(uuid) from public;
grant execute on function api.find_llm_keys(uuid) to hookledger_shim;

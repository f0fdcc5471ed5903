-- A key may be lost, so all of a tenant can be revoked without knowing any. A running shim notices
-- within HOOKLEDGER_ENDPOINT_CACHE_SECONDS.
create or replace function api.revoke_llm_keys(p_tenant_id uuid, p_key text default null)
  returns integer
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_revoked integer;
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_tenant_exists(p_tenant_id);
  update core.llm_keys as k
     set revoked_at = v_now
   where k.tenant_id = p_tenant_id and k.revoked_at is null
     and (p_key is null or k.key_sha256 = sha256(convert_to(p_key, 'UTF8')));
  get diagnostics v_revoked = row_count;
  return v_revoked;
end
$function$;

comment on function api.revoke_llm_keys(uuid, text) is
$doc$Revokes one bearer key of a tenant, or (null) all of them; tells how many.
Raises: HL002 unknown_tenant.
Example: select api.revoke_llm_keys(:tenant);$doc$;

revoke all on function api.revoke_llm_keys(uuid, text) from public;
grant execute on function api.revoke_llm_keys(uuid, text) to hookledger_dba;

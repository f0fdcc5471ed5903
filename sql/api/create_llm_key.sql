-- A key names its tenant, so that checking it is a routed call; the rest is random, and only a hash
-- of the whole is kept.
create or replace function api.create_llm_key(p_tenant_id uuid)
  returns text
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_key text := format('hl_%s_%s', replace(p_tenant_id::text, '-', ''),
    encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'hex'));
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_tenant_exists(p_tenant_id);
  insert into core.llm_keys (tenant_id, key_sha256, created_at)
  values (p_tenant_id, sha256(convert_to(v_key, 'UTF8')), v_now);
  return v_key;
end
$function$;

comment on function api.create_llm_key(uuid) is
$doc$Creates a bearer key for the tenant's callers over HTTP and returns it, this once.
Raises: HL002 unknown_tenant.
Example: select api.create_llm_key(:tenant);$doc$;

revoke all on function api.create_llm_key(uuid) from public;
grant execute on function api.create_llm_key(uuid) to hookledger_dba;

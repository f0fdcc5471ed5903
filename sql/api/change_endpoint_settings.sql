-- Replaces the settings of an endpoint, all of them, as they are given when it is created: what is
-- not named falls back to its default. Webhooks and replays follow at once; what the shim itself
-- reads (the keys of a provider's API) within HOOKLEDGER_ENDPOINT_CACHE_SECONDS.
create or replace function api.change_endpoint_settings(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_settings jsonb
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_provider text;
begin
  perform core.set_tenant(p_tenant_id);
  select e.provider into v_provider
    from core.webhook_endpoints as e
   where e.tenant_id = p_tenant_id and e.endpoint_id = p_endpoint_id;
  if not found then
    perform core.raise_error('unknown_endpoint', format('endpoint_id %s', p_endpoint_id));
  end if;
  perform core.check_endpoint_settings(v_provider, p_settings);
  update core.webhook_endpoints
     set settings = p_settings
   where tenant_id = p_tenant_id and endpoint_id = p_endpoint_id;
end
$function$;

comment on function api.change_endpoint_settings(uuid, uuid, jsonb) is
$doc$Replaces the settings of an endpoint; what p_settings does not name gets its default again.
Raises: HL001 unknown_endpoint, HL002 unknown_tenant (null), HL005 invalid_setting.
Example: select api.change_endpoint_settings(:tenant, :endpoint, '{"pii": "redact"}');$doc$;

revoke all on function api.change_endpoint_settings(uuid, uuid, jsonb) from public;
grant execute on function api.change_endpoint_settings(uuid, uuid, jsonb) to hookledger_dba;

-- A provider exists when its three functions do (sql/providers): adding one needs no table.
create or replace function api.create_endpoint(
  p_tenant_id uuid,
  p_provider text,
  p_secrets text[],
  p_settings jsonb default '{}'
)
  returns uuid
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_endpoint_id uuid := core.uuid_v7();
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_tenant_exists(p_tenant_id);
  perform core.check_provider(p_provider);
  perform core.check_endpoint_secrets(p_secrets);
  perform core.check_endpoint_settings(p_provider, p_settings);
  insert into core.webhook_endpoints (tenant_id, endpoint_id, provider, secrets, settings)
  values (p_tenant_id, v_endpoint_id, p_provider, p_secrets, p_settings);
  return v_endpoint_id;
end
$function$;

comment on function api.create_endpoint(uuid, text, text[], jsonb) is
$doc$Creates a webhook endpoint and returns its id; its URL is /webhooks/{provider}/{endpoint_id}.
p_secrets: what verifies a delivery, one to ten, each a literal, env:NAME or file:PATH (resolved by
the shim). p_settings: pii = quarantine (default), redact or pseudonymise; for stripe revenue_from =
payments (default), invoices or sessions.
Raises: HL002 unknown_tenant, HL003 unknown_provider, HL004 invalid_secrets, HL005 invalid_setting.
Example: select api.create_endpoint(
  :tenant, 'stripe', array['env:STRIPE_SECRET'], '{"pii": "redact"}');$doc$;

revoke all on function api.create_endpoint(uuid, text, text[], jsonb) from public;
grant execute on function api.create_endpoint(uuid, text, text[], jsonb) to hookledger_dba;

-- Replaces what verifies an endpoint's deliveries: while a provider rotates, the old and the new
-- secret, later the new one alone. A running shim notices within HOOKLEDGER_ENDPOINT_CACHE_SECONDS.
create or replace function api.rotate_endpoint_secrets(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_secrets text[]
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_endpoint_secrets(p_secrets);
  update core.webhook_endpoints
     set secrets = p_secrets, rotated_at = v_now
   where tenant_id = p_tenant_id and endpoint_id = p_endpoint_id;
  if not found then
    perform core.raise_error('unknown_endpoint', format('endpoint_id %s', p_endpoint_id));
  end if;
end
$function$;

comment on function api.rotate_endpoint_secrets(uuid, uuid, text[]) is
$doc$Replaces the secrets of an endpoint; several are accepted at once, for the time of a rotation.
Raises: HL001 unknown_endpoint, HL004 invalid_secrets.
Example: select api.rotate_endpoint_secrets(
  :tenant, :endpoint, array['file:/run/secrets/new', 'file:/run/secrets/old']);$doc$;

revoke all on function api.rotate_endpoint_secrets(uuid, uuid, text[]) from public;
grant execute on function api.rotate_endpoint_secrets(uuid, uuid, text[]) to hookledger_dba;

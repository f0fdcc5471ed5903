-- A tenant gets its own random key for pseudonyms: a customer of two tenants is not recognisable.
create or replace function api.create_tenant(p_name text)
  returns uuid
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_tenant_id uuid := core.uuid_v7();
  v_key bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
    || uuid_send(gen_random_uuid());
begin
  perform core.set_tenant(v_tenant_id);
  insert into core.tenants (tenant_id, name, hmac_inner_pad, hmac_outer_pad)
  values (v_tenant_id, p_name, core.hmac_pad(v_key, 54), core.hmac_pad(v_key, 92));
  return v_tenant_id;
end
$function$;

comment on function api.create_tenant(text) is
$doc$Creates a tenant and returns its id.
Raises: 23502 or 23514 where the name is missing, blank or longer than 200 characters.
Example: select api.create_tenant('Acme');$doc$;

revoke all on function api.create_tenant(text) from public;
grant execute on function api.create_tenant(text) to hookledger_dba;

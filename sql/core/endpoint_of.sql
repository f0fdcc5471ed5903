-- What a webhook needs to know of its endpoint and of its tenant.
create or replace function core.endpoint_of(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  out provider text,
  out settings jsonb,
  out hmac_pads bytea[]
)
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
begin
  select e.provider, e.settings, array[t.hmac_inner_pad, t.hmac_outer_pad]
    into provider, settings, hmac_pads
    from core.webhook_endpoints as e
    join core.tenants as t on t.tenant_id = p_tenant_id
   where e.tenant_id = p_tenant_id and e.endpoint_id = p_endpoint_id;
  if not found then
    perform core.raise_error('unknown_endpoint', format('endpoint_id %s', p_endpoint_id));
  end if;
end
$function$;

comment on function core.endpoint_of(uuid, uuid) is
$doc$An endpoint's provider and settings, and {inner pad, outer pad} of its tenant's key.
Raises: unknown_endpoint (HL001).$doc$;

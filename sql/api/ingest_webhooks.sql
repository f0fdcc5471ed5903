-- Webhooks of one tenant that came at the same moment: each is taken as api.ingest_webhook takes it,
-- they share a round trip and a commit, and neighbours of one endpoint look it up once. What one raises rolls all of them back; the caller then
-- hands each over alone, and the dedup gate makes that harmless.
-- work_mem: see api.ingest_webhook.
-- lock_timeout: one that waits for a lock must not hold up the others; alone it may wait longer.
-- Locks: those of api.ingest_webhook, of each in turn. A caller who orders them by body hash lets
-- two groups that hold the same webhooks wait for each other instead of deadlocking.
create or replace function api.ingest_webhooks(
  p_tenant_id uuid,
  p_endpoint_ids uuid[],
  p_headers jsonb[],
  p_bodies bytea[],
  p_verifications text[]
)
  returns table (ordinal integer, status text, receipt_id uuid, event_id uuid, reason text)
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
  set work_mem = '256MB'
  set lock_timeout = '250ms'
as $function$
#variable_conflict use_column
declare
  v_count integer := coalesce(cardinality(p_endpoint_ids), 0);
  v_endpoint record;
  v_receipt record;
begin
  if (cardinality(p_headers), cardinality(p_bodies), cardinality(p_verifications))
    is distinct from (v_count, v_count, v_count)
  then
    perform core.raise_error('uneven_batch');
  end if;
  for v_ordinal in 1 .. v_count loop
    if v_ordinal = 1 or p_endpoint_ids[v_ordinal] is distinct from p_endpoint_ids[v_ordinal - 1]
    then
      perform core.set_tenant(p_tenant_id);
      v_endpoint := core.endpoint_of(p_tenant_id, p_endpoint_ids[v_ordinal]);
    end if;
    v_receipt := core.ingest_delivery(
      p_tenant_id, p_endpoint_ids[v_ordinal], v_endpoint.provider, v_endpoint.settings,
      v_endpoint.hmac_pads, p_headers[v_ordinal], p_bodies[v_ordinal],
      p_verifications[v_ordinal]);
    ordinal := v_ordinal;
    status := v_receipt.status;
    receipt_id := v_receipt.receipt_id;
    event_id := v_receipt.event_id;
    reason := v_receipt.reason;
    return next;
  end loop;
end
$function$;

comment on function api.ingest_webhooks(uuid, uuid[], jsonb[], bytea[], text[]) is
$doc$Takes several webhooks of a tenant in one transaction; a receipt for each, by its place (ordinal).
The arrays are of one length; their elements are the arguments of api.ingest_webhook, which takes
each likewise. All or nothing: when one raises, none is recorded, and each is to be handed over alone.
Raises: HL010 uneven_batch; 55P03 when one had to wait for a lock longer than a quarter of a second;
what api.ingest_webhook raises.
Example: select * from api.ingest_webhooks(
  :tenant, array[:first, :second]::uuid[], array['{}', '{}']::jsonb[],
  array[:body, :other]::bytea[], array['none', 'none']);$doc$;

revoke all on function api.ingest_webhooks(uuid, uuid[], jsonb[], bytea[], text[]) from public;
grant execute on function api.ingest_webhooks(uuid, uuid[], jsonb[], bytea[], text[])
  to hookledger_shim, hookledger_dba;

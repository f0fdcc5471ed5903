-- Webhooks of one tenant that came at the same moment: each is taken as api.ingest_webhook takes
-- it; they share a round trip, a commit and the statements that store them
-- (core.ingest_deliveries). What one raises rolls all of them back; the caller then hands each over
-- alone, and the dedup gate makes that harmless.
-- work_mem: see api.ingest_webhook.
-- lock_timeout: one that waits for a lock must not hold up the others; alone it may wait longer.
-- Locks: those of core.ingest_deliveries.
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
  v_receipts core.receipt[];
begin
  if (cardinality(p_headers), cardinality(p_bodies), cardinality(p_verifications))
    is distinct from (v_count, v_count, v_count)
  then
    perform core.raise_error('uneven_batch');
  end if;
  if core.set_tenant(p_tenant_id) is null or v_count = 0 then
    return;
  end if;
  v_receipts := core.ingest_deliveries(
    p_tenant_id, p_endpoint_ids, p_headers, p_bodies, p_verifications);
  return query
    select r.ordinality::integer, r.status, r.receipt_id, r.event_id, r.reason
      from rows from (unnest(v_receipts)) with ordinality as r;
end
$function$;

comment on function api.ingest_webhooks(uuid, uuid[], jsonb[], bytea[], text[]) is
$doc$Takes several webhooks of a tenant in one transaction; a receipt each, by its place (ordinal).
The arrays are of one length; their elements are the arguments of api.ingest_webhook, which takes
each likewise; they end as in some order, sales before refunds. All or nothing: when one raises,
none is recorded, and each is to be handed over alone.
Raises: HL010 uneven_batch; 55P03 when one had to wait for a lock longer than a quarter of a second;
what api.ingest_webhook raises.
Example: select * from api.ingest_webhooks(
  :tenant, array[:first, :second]::uuid[], array['{}', '{}']::jsonb[],
  array[:body, :other]::bytea[], array['none', 'none']);$doc$;

revoke all on function api.ingest_webhooks(uuid, uuid[], jsonb[], bytea[], text[]) from public;
grant execute on function api.ingest_webhooks(uuid, uuid[], jsonb[], bytea[], text[])
  to hookledger_shim, hookledger_dba;

-- The one call per webhook: sets the tenant and takes the webhook (core.ingest_deliveries), all in
-- the caller's transaction.
-- work_mem: a set-returning function that outgrows it would write the raw payload to a temporary
-- file; 256 MB holds every level of the largest body (2 MiB, 32 levels). It is a bound, not taken.
-- Locks: those of core.ingest_deliveries.
create or replace function api.ingest_webhook(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_headers jsonb,
  p_body bytea,
  p_verification text,
  out status text,
  out receipt_id uuid,
  out event_id uuid,
  out reason text
)
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
  set work_mem = '256MB'
as $function$
#variable_conflict use_column
declare
  v_receipt core.receipt;
begin
  -- IF, not PERFORM: an expression costs no start of the executor.
  if core.set_tenant(p_tenant_id) is null then
    return;
  end if;
  v_receipt := (core.ingest_deliveries(
    p_tenant_id, array[p_endpoint_id], array[p_headers], array[p_body], array[p_verification]))[1];
  status := v_receipt.status;
  receipt_id := v_receipt.receipt_id;
  event_id := v_receipt.event_id;
  reason := v_receipt.reason;
end
$function$;

comment on function api.ingest_webhook(uuid, uuid, jsonb, bytea, text) is
$doc$Takes one webhook exactly once; tells its receipt (status, receipt_id, event_id, reason).
status: accepted, duplicate (with the first receipt's ids), ignored, superseded or dead (in the
dead-letter queue, with that reason). p_headers: the provider's headers as an object of texts;
p_body: the raw bytes; p_verification: signature, requery, secret, postback, none (by a DBA) or
unverified (kept, not booked).
Raises: HL001 unknown_endpoint, HL008 invalid_verification, HL009 wrong_isolation; faults of
the machine as they are.
Example: select * from api.ingest_webhook(
  :tenant, :endpoint, '{"x-shopify-topic": "orders/paid"}', :body, 'none');$doc$;

revoke all on function api.ingest_webhook(uuid, uuid, jsonb, bytea, text) from public;
grant execute on function api.ingest_webhook(uuid, uuid, jsonb, bytea, text)
  to hookledger_shim, hookledger_dba;

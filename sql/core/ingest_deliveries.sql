-- Webhooks of the tenant that is set, handed over together; one is an array of one. Each is read,
-- then all pass the dedup gate, then events and ledger entries are recorded or the delivery buried,
-- all in the caller's transaction and each with as few statements for all as there would be for
-- one. Whatever is wrong with a payload becomes a dead letter; what is raised is a wrong call or a
-- fault of the machine.
-- Payloads are read before the gate because Stripe's delivery id stands in the body, and because
-- then the gate's one statement already writes the final receipts.
-- Locks, in this order: the proofs, then those of core.take_deliveries.
create or replace function core.ingest_deliveries(
  p_tenant_id uuid,
  p_endpoint_ids uuid[],
  p_headers jsonb[],
  p_bodies bytea[],
  p_verifications text[]
)
  returns core.receipt[]
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_endpoint record;
  v_deliveries core.delivery[];
begin
  if current_setting('transaction_isolation') = 'repeatable read' then
    perform core.raise_error('wrong_isolation');
  end if;
  for v_i in 1 .. cardinality(p_endpoint_ids) loop
    if v_i = 1 or p_endpoint_ids[v_i] is distinct from p_endpoint_ids[v_i - 1] then
      v_endpoint := core.endpoint_of(p_tenant_id, p_endpoint_ids[v_i]);
    end if;
    v_deliveries[v_i] := core.read_delivery(
      p_tenant_id, p_endpoint_ids[v_i], v_endpoint.provider, v_endpoint.settings,
      v_endpoint.hmac_pads, p_headers[v_i], p_bodies[v_i], p_verifications[v_i]);
  end loop;

  return core.take_deliveries(p_tenant_id, v_deliveries);
end
$function$;

comment on function core.ingest_deliveries(uuid, uuid[], jsonb[], bytea[], text[]) is
$doc$Takes webhooks exactly once each; tells their receipts in the same order.
Raises: unknown_endpoint (HL001), invalid_verification (HL008), wrong_isolation (HL009).$doc$;

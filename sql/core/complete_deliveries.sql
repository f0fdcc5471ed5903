-- Records claimed deliveries and rewrites the receipts in the gate where booking ended otherwise
-- than the payloads promised.
create or replace function core.complete_deliveries(
  p_tenant_id uuid,
  p_deliveries core.delivery[]
)
  returns core.receipt[]
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_gates core.webhook_dedup_events[] := core.record_deliveries(p_tenant_id, p_deliveries);
  v_gate core.webhook_dedup_events;
  v_receipts core.receipt[];
begin
  for v_i in 1 .. cardinality(p_deliveries) loop
    v_gate := v_gates[v_i];
    if v_gate is distinct from (p_deliveries[v_i]).gate then
      perform core.settle_delivery(p_tenant_id, v_gate.endpoint_id, v_gate.delivery_key,
        v_gate.outcome, v_gate.status, v_gate.event_id, v_gate.reason);
    end if;
    v_receipts[v_i] := row(
      v_gate.status, v_gate.receipt_id, v_gate.event_id, v_gate.reason)::core.receipt;
  end loop;
  return v_receipts;
end
$function$;

comment on function core.complete_deliveries(uuid, core.delivery[]) is
  'Records deliveries whose rows are in the gate, and settles these; their receipts';

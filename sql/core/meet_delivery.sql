-- A delivery whose row of the gate is there already: counted as one more sighting. (Rows of the
-- gate are never deleted, so what was in the way of the INSERT is there to be updated.) It is a
-- duplicate with the first one's receipt, unless the last attempt failed in a way that a repetition
-- may cure, or its body is another one: then it is a delivery of its own, kept for a person to
-- compare.
-- Locks: the gate row, until the transaction ends; where it is tried again or is another one, those
-- of core.take_deliveries.
create or replace function core.meet_delivery(
  p_tenant_id uuid,
  p_delivery core.delivery
)
  returns core.receipt
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_wished core.webhook_dedup_events := p_delivery.gate;
  v_gate core.webhook_dedup_events;
  v core.delivery := p_delivery;
begin
  update core.webhook_dedup_events as d
     set last_seen_at = greatest(d.last_seen_at, v_now),
         seen_count = d.seen_count + (d.request_sha256 = v_wished.request_sha256)::integer,
         conflict_count = d.conflict_count + (d.request_sha256 <> v_wished.request_sha256)::integer
   where d.tenant_id = p_tenant_id and d.endpoint_id = v_wished.endpoint_id
     and d.delivery_key = v_wished.delivery_key
  returning d.* into strict v_gate;

  if v_gate.request_sha256 <> v_wished.request_sha256 then
    if v_wished.status <> 'ignored' then
      v.reading := core.mark_as_conflict(v.reading, v_gate.receipt_id);
    end if;
    v_wished.delivery_key :=
      v_wished.delivery_key || '#' || encode(v_wished.request_sha256, 'hex');
    v_wished.status := (v.reading).status;
    v_wished.event_id := null;
    v_wished.reason := (v.reading).reason;
    v.gate := v_wished;
    return (core.take_deliveries(p_tenant_id, array[v]))[1];
  end if;

  if v_gate.outcome = 'failed' then
    perform core.resolve_failed_events(p_tenant_id, v_gate.receipt_id, 'redelivered');
    v.gate := v_gate;
    return (core.complete_deliveries(p_tenant_id, array[v]))[1];
  elsif v_gate.status = 'dead' then
    perform core.sight_dead_events(p_tenant_id, v_gate.receipt_id);
  end if;
  return row('duplicate', v_gate.receipt_id, v_gate.event_id, v_gate.reason)::core.receipt;
end
$function$;

comment on function core.meet_delivery(uuid, core.delivery) is
  'Counts a repeated delivery; its receipt';

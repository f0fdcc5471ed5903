-- Records what claimed deliveries tell; answers with their rows of the gate as they should now
-- stand. The events of all of them go into the tables together (core.attempt_events), then it is
-- concluded for each delivery what became of its own, and what is new marks the days whose
-- allocations it changes.
-- Locks: those of core.attempt_events, the dead letters, those of core.mark_events_dirty.
create or replace function core.record_deliveries(
  p_tenant_id uuid,
  p_deliveries core.delivery[]
)
  returns core.webhook_dedup_events[]
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_delivery core.delivery;
  v_gate core.webhook_dedup_events;
  v_read core.interpretation;
  v_discarded integer[];
  v_origins core.event_origin[];
  v_events core.canonical_event[];
  v_positions integer[];  -- of each event in its delivery
  v_count integer := 0;
  v_ends integer[];  -- where each delivery's events end
  v_attempts core.event_attempt[];
  v_gates core.webhook_dedup_events[];
begin
  for v_i in 1 .. cardinality(p_deliveries) loop
    v_delivery := p_deliveries[v_i];
    v_read := v_delivery.reading;
    if v_read.status = 'accepted' or v_read.is_batch then
      v_gate := v_delivery.gate;
      v_discarded := null;
      if v_gate.outcome = 'failed' then
        -- Tried again: what a person discarded meanwhile is left out.
        v_discarded := array(
          select d.position from core.dead_events as d
           where d.tenant_id = p_tenant_id and d.receipt_id = v_gate.receipt_id
             and d.status = 'discarded');
      end if;
      for v_position in 1 .. coalesce(cardinality(v_read.events), 0) loop
        continue when v_position = any (v_discarded)
          or v_read.events[v_position] is null;  -- a replay of one event leaves the others out
        v_count := v_count + 1;
        v_positions[v_count] := v_position;
        v_events[v_count] := v_read.events[v_position];
        v_origins[v_count] := row(v_gate.endpoint_id, v_gate.receipt_id,
          -- Promised to the first one; after a failed attempt it may be another event's already.
          coalesce(
            case when v_position = 1 and v_gate.outcome = 'done' then v_gate.event_id end,
            core.uuid_v7()),
          v_gate.verification, v_read.redacted_count)::core.event_origin;
      end loop;
    end if;
    v_ends[v_i] := v_count;
  end loop;

  if v_count > 0 then
    v_attempts := core.attempt_events(p_tenant_id, v_origins, v_events);
  end if;
  for v_i in 1 .. cardinality(p_deliveries) loop
    v_gates[v_i] := core.conclude_delivery(p_tenant_id, p_deliveries[v_i], v_positions, v_attempts,
      coalesce(v_ends[v_i - 1], 0) + 1, v_ends[v_i]);
  end loop;
  if v_count > 0 then
    perform core.mark_events_dirty(p_tenant_id, v_origins, v_events, v_attempts);
  end if;
  return v_gates;
end
$function$;

comment on function core.record_deliveries(uuid, core.delivery[]) is
  'Records all events of claimed deliveries; their rows of the gate, with status, event, reason '
  'and whether to try again (failed)';

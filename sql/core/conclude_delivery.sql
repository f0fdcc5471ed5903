-- What became of a delivery, from what became of its events: of several one that is new makes the
-- webhook accepted, and the receipt names it. A dead delivery is buried, and of one that tells
-- several things (and of a batch) each that failed.
-- Locks: the dead letters.
create or replace function core.conclude_delivery(
  p_tenant_id uuid,
  p_delivery core.delivery,
  p_positions integer[],
  p_attempts core.event_attempt[],
  p_first integer,
  p_last integer
)
  returns core.webhook_dedup_events
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_order constant text[] := array['dead', 'duplicate', 'superseded', 'accepted'];
  v_read core.interpretation := p_delivery.reading;
  v_gate core.webhook_dedup_events := p_delivery.gate;
  v_attempt core.event_attempt;
  v_dead core.dead_letter;
  v_dead_reason text;
begin
  v_gate.outcome := 'done';
  v_gate.status := null;
  v_gate.event_id := null;
  v_gate.reason := null;
  if v_read.status = 'ignored' then
    v_gate.status := 'ignored';
    v_gate.reason := v_read.reason;
    return v_gate;
  end if;
  if v_read.status = 'dead' and v_read.is_batch is not true then
    v_dead := v_read.dead_letter;
    perform core.bury_delivery(p_tenant_id, p_delivery, 0, v_dead);
    v_gate.status := 'dead';
    v_gate.outcome := case when core.is_transient(v_dead.reason) then 'failed' else 'done' end;
  end if;
  for v_i in p_first .. p_last loop
    v_attempt := p_attempts[v_i];
    v_dead := v_attempt.dead;
    if v_dead.stage is not null then
      v_dead.redacted_count := v_read.redacted_count;
      perform core.bury_delivery(p_tenant_id, p_delivery, p_positions[v_i], v_dead);
      v_dead_reason := coalesce(v_dead_reason, v_dead.reason);
      if core.is_transient(v_attempt.reason) then
        v_gate.outcome := 'failed';
      end if;
    end if;
    if array_position(v_order, v_attempt.status)
      > coalesce(array_position(v_order, v_gate.status), 0)
    then
      v_gate.status := v_attempt.status;
      v_gate.event_id := v_attempt.event_id;
      v_gate.reason := v_attempt.reason;
    end if;
  end loop;
  v_gate.status := coalesce(v_gate.status, 'accepted');
  v_gate.reason := case when v_read.status = 'dead' then v_read.reason
    else coalesce(v_gate.reason, v_dead_reason) end;
  return v_gate;
end
$function$;

comment on function core.conclude_delivery(
  uuid, core.delivery, integer[], core.event_attempt[], integer, integer) is
  'The row of the gate of a delivery whose events (p_first to p_last) were attempted';

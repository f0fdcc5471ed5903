-- Records the events of a claimed delivery and sums up what became of them: of several events one
-- that is new makes the webhook accepted, and the receipt names it.
-- Touches are recorded in the order of their keys, so that two batches that hold the same ones wait
-- for each other and do not deadlock. Money keeps the order in which its provider tells it. What
-- is new marks the days whose allocations it changes.
create or replace function core.record_delivery(
  p_tenant_id uuid,
  p_gate core.webhook_dedup_events,
  p_provider text,
  p_headers jsonb,
  p_read core.interpretation,
  out status text,
  out event_id uuid,
  out reason text,
  out outcome text
)
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_order constant text[] := array['dead', 'duplicate', 'superseded', 'accepted'];
  v_positions integer[] := array[1];
  v_position integer;
  v_event core.canonical_event;
  v_attempt core.event_attempt;
  v_dead core.dead_letter;
  v_dead_reason text;
  v_discarded integer[];
  v_touches uuid[] := array[]::uuid[];
begin
  outcome := 'done';
  if p_gate.outcome = 'failed' then
    -- Tried again: what a person discarded meanwhile is left out.
    v_discarded := array(
      select d.position from core.dead_events as d
       where d.tenant_id = p_tenant_id and d.receipt_id = p_gate.receipt_id
         and d.status = 'discarded');
  end if;
  if cardinality(p_read.events) <> 1 then
    v_positions := array(
      select e.ordinality
        from rows from (unnest(p_read.events)) with ordinality as e
       order by
         case when e.kind = 'touch' then e.dedup_key end collate "C" nulls first, e.ordinality);
  end if;
  foreach v_position in array v_positions loop
    continue when v_position = any (v_discarded)
      or p_read.events[v_position] is null;  -- a replay of one event leaves the others out
    v_event := p_read.events[v_position];
    v_attempt := core.attempt_event(
      p_tenant_id, p_gate,
      case
        -- Promised to the first one; after a failed attempt it may be another event's already.
        when status is null and p_gate.outcome = 'done' then p_gate.event_id
        else core.uuid_v7()
      end,
      p_read.redacted_count, v_event);
    v_dead := v_attempt.dead;
    if v_dead.stage is not null then
      v_dead.payload := coalesce(v_dead.payload, core.redact_json(v_event.payload));
      v_dead.redacted_count := p_read.redacted_count;
      perform core.bury_delivery(
        p_tenant_id, p_gate.endpoint_id, p_gate.receipt_id, v_position, p_provider, p_gate.topic,
        p_gate.delivery_key, p_gate.verification, p_headers, p_gate.request_sha256,
        p_gate.body_bytes, v_dead);
      v_dead_reason := coalesce(v_dead_reason, v_dead.reason);
      if core.is_transient(v_attempt.reason) then
        outcome := 'failed';
      end if;
    end if;
    if v_attempt.status in ('accepted', 'superseded') and p_gate.verification <> 'unverified' then
      if v_event.kind = 'touch' then
        v_touches := v_touches || v_attempt.event_id;
      elsif v_event.kind <> 'dispute' then
        -- IF, not PERFORM: an expression costs no start of the executor.
        continue when core.mark_order_dirty(p_tenant_id, v_attempt.event_id, v_event) is null;
      end if;
    end if;
    if array_position(v_order, v_attempt.status) > coalesce(array_position(v_order, status), 0) then
      status := v_attempt.status;
      event_id := v_attempt.event_id;
      reason := v_attempt.reason;
    end if;
  end loop;
  if cardinality(v_touches) > 0 then
    perform core.mark_touches_dirty(p_tenant_id, v_touches);
  end if;
  status := coalesce(status, 'accepted');
  reason := coalesce(reason, v_dead_reason);
end
$function$;

comment on function core.record_delivery(
  uuid, core.webhook_dedup_events, text, jsonb, core.interpretation) is
  'Records all events of a delivery; '
  'the receipt''s status, event and reason, and whether to try again (failed)';

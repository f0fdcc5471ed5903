-- Records the events of a claimed delivery, each in a subtransaction of its own: one that fails
-- becomes a dead letter at its position and the others stand. Faults of the machine are raised.
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
  v_recorded record;
  v_event_id uuid;
  v_status text;
  v_reason text;
  v_excess text;
  v_dead core.dead_letter;
  v_sqlstate text;
  v_detail text;
  v_constraint text;
begin
  outcome := 'done';
  for v_position in 1 .. coalesce(cardinality(p_read.events), 0) loop
    v_dead := null;
    begin
      v_recorded := core.record_event(
        p_tenant_id, p_gate.endpoint_id, p_gate.receipt_id,
        case
          when v_position = 1 and p_gate.event_id is not null then p_gate.event_id
          else core.uuid_v7()
        end,
        p_gate.verification, p_read.redacted_count, p_read.events[v_position]);
      v_event_id := v_recorded.event_id;
      v_status := v_recorded.status;
      v_reason := v_recorded.reason;
      v_excess := v_recorded.excess;
      if v_excess is not null then
        v_dead := core.describe_failure('book',
          (select e.sqlstate from core.errors() as e where e.reason = 'refund_exceeds_sale'),
          format('object_id %s, excess_minor %s',
            p_read.events[v_position].object_id, v_excess));
      end if;
    exception when others then
      if core.is_infrastructure_error(sqlstate) then
        raise;
      end if;
      get stacked diagnostics
        v_sqlstate = returned_sqlstate,
        v_detail = pg_exception_detail,
        v_constraint = constraint_name;
      -- A guard trigger names no constraint; one that fires is a defect, not personal data.
      v_dead := core.describe_failure(
        'book', case when v_constraint = '' then v_sqlstate else 'HL199' end, v_detail);
      v_event_id := null;
      v_status := 'dead';
      v_reason := v_dead.reason;
      if v_dead.reason = 'internal_error' then
        outcome := 'failed';
      end if;
    end;
    if (v_dead).stage is not null then
      v_dead.payload := core.redact_json(p_read.events[v_position].payload);
      perform core.bury_delivery(
        p_tenant_id, p_gate.endpoint_id, p_gate.receipt_id, v_position, p_provider, p_gate.topic,
        p_gate.delivery_key, p_gate.verification, p_headers, p_gate.request_sha256,
        p_gate.body_bytes, v_dead);
    end if;
    event_id := coalesce(event_id, v_event_id);
    reason := coalesce(reason, v_reason);
    -- Of several events, one that is new makes the webhook accepted.
    status := case
      when 'accepted' in (status, v_status) then 'accepted'
      when 'duplicate' in (status, v_status) then 'duplicate'
      else v_status
    end;
  end loop;
  status := coalesce(status, 'accepted');
end
$function$;

comment on function core.record_delivery(
  uuid, core.webhook_dedup_events, text, jsonb, core.interpretation) is
  'Records all events of a delivery; '
  'the receipt''s status, event and reason, and whether to try again (failed)';

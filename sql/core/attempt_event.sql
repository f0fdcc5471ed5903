-- Records one event of a delivery in a subtransaction of its own: what fails becomes a dead letter
-- and the delivery's other events stand. Faults of the machine are raised.
create or replace function core.attempt_event(
  p_tenant_id uuid,
  p_gate core.webhook_dedup_events,
  p_event_id uuid,
  p_redacted_count integer,
  p_event core.canonical_event
)
  returns core.event_attempt
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v core.event_attempt;
  v_recorded record;
  v_sqlstate text;
  v_detail text;
  v_constraint text;
begin
  if (p_event.failure).stage is not null then
    v.dead := p_event.failure;
    v.status := 'dead';
    v.reason := (v.dead).reason;
    return v;
  end if;
  v_recorded := core.record_event(
    p_tenant_id, p_gate.endpoint_id, p_gate.receipt_id, p_event_id, p_gate.verification,
    p_redacted_count, p_event);
  v.event_id := v_recorded.event_id;
  v.status := v_recorded.status;
  v.reason := v_recorded.reason;
  if v_recorded.excess is not null then
    v.dead := core.describe_failure('book',
      (select e.sqlstate from core.errors() as e where e.reason = 'refund_exceeds_sale'),
      format('object_id %s, excess_minor %s', p_event.object_id, v_recorded.excess));
  end if;
  return v;
exception when others then
  if core.is_infrastructure_error(sqlstate) then
    raise;
  end if;
  get stacked diagnostics
    v_sqlstate = returned_sqlstate,
    v_detail = pg_exception_detail,
    v_constraint = constraint_name;
  -- A guard trigger names no constraint; one that fires is a defect, not personal data.
  v.dead := core.describe_failure(
    'book', case when v_constraint = '' then v_sqlstate else 'HL199' end, v_detail);
  v.event_id := null;
  v.status := 'dead';
  v.reason := (v.dead).reason;
  return v;
end
$function$;

comment on function core.attempt_event(
  uuid, core.webhook_dedup_events, uuid, integer, core.canonical_event) is
  'Records an event, or tells why it cannot be; dead is set where something has to be buried';

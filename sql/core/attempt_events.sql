-- Records events in one subtransaction. Where one fails they are undone and each is tried in a
-- subtransaction of its own: what fails then becomes a dead letter and the others stand. Faults of
-- the machine are raised.
create or replace function core.attempt_events(
  p_tenant_id uuid,
  p_origins core.event_origin[],
  p_events core.canonical_event[]
)
  returns core.event_attempt[]
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_attempts core.event_attempt[];
  v_attempt core.event_attempt;
  v_sqlstate text;
  v_detail text;
  v_constraint text;
begin
  return core.record_events(p_tenant_id, p_origins, p_events);
exception when others then
  if core.is_infrastructure_error(sqlstate) then
    raise;
  elsif cardinality(p_events) > 1 then
    for v_i in 1 .. cardinality(p_events) loop
      v_attempts := v_attempts
        || core.attempt_events(p_tenant_id, array[p_origins[v_i]], array[p_events[v_i]]);
    end loop;
    return v_attempts;
  end if;
  get stacked diagnostics
    v_sqlstate = returned_sqlstate,
    v_detail = pg_exception_detail,
    v_constraint = constraint_name;
  -- A guard trigger names no constraint; one that fires is a defect, not personal data.
  v_attempt.dead := core.describe_failure(
    'book', case when v_constraint = '' then v_sqlstate else 'HL199' end, v_detail);
  v_attempt.dead.payload := core.redact_json((p_events[1]).payload);
  v_attempt.status := 'dead';
  v_attempt.reason := (v_attempt.dead).reason;
  return array[v_attempt];
end
$function$;

comment on function core.attempt_events(uuid, core.event_origin[], core.canonical_event[]) is
  'Records events, or tells of each why it cannot be; dead is set where something is to be buried';

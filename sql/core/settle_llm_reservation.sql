-- Books what a call really cost, at the prices of its decision, whatever has become of its
-- reservation meanwhile: spent is spent. In full, even beyond what was reserved and beyond a cap;
-- then the outcome says so.
-- Locks: the budgets, the reservation, then usage under them.
create or replace function core.settle_llm_reservation(
  p_tenant_id uuid,
  p_request_id text,
  p_input_tokens bigint,
  p_output_tokens bigint,
  p_now timestamptz default null
)
  returns core.llm_outcome
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz;
  v_call core.llm_reservations;
  v_outcome core.llm_outcome;
begin
  perform core.lock_llm_budgets(p_tenant_id);
  v_call := core.lock_llm_reservation(p_tenant_id, p_request_id);
  v_now := coalesce(p_now, clock_timestamp());
  if v_call.status = 'settled' then
    if (v_call.settled_input_tokens, v_call.settled_output_tokens)
      is distinct from (p_input_tokens, p_output_tokens)
    then
      perform core.raise_error('llm_request_conflict', 'audit_id ' || v_call.audit_id);
    end if;
    return core.llm_outcome_of(v_call);
  end if;
  v_outcome.settled_micros := core.cost_of_llm_call(
    p_input_tokens, p_output_tokens, v_call.input_micros, v_call.output_micros);
  v_outcome.is_late := v_call.status <> 'reserved' or v_call.expires_at <= v_now;
  v_outcome.exceeds_reservation := v_outcome.settled_micros > v_call.reserved_micros;
  perform core.book_llm_usage(
    p_tenant_id, v_call.scopes, v_call.decided_at,
    case when v_call.status = 'reserved' then -v_call.reserved_micros else 0 end,
    v_outcome.settled_micros);
  v_outcome.overdraws_budget := (v_outcome.is_late or v_outcome.exceeds_reservation)
    and exists (
      select
        from unnest(core.read_llm_budgets(p_tenant_id, v_call.scopes, v_call.decided_at)) as s
       where s.settled_micros + s.reserved_micros > s.cap_micros);
  update core.llm_reservations as r
     set status = 'settled', finished_at = v_now,
         settled_input_tokens = p_input_tokens, settled_output_tokens = p_output_tokens,
         settled_micros = v_outcome.settled_micros, is_late = v_outcome.is_late,
         exceeds_reservation = v_outcome.exceeds_reservation,
         overdraws_budget = v_outcome.overdraws_budget
   where r.tenant_id = p_tenant_id and r.request_id = p_request_id
  returning r.* into strict v_call;
  insert into core.llm_call_outcomes (
    tenant_id, audit_id, outcome, input_tokens, output_tokens, settled_micros, is_late,
    exceeds_reservation, overdraws_budget, booked_at
  )
  values (
    p_tenant_id, v_call.audit_id, 'settled', p_input_tokens, p_output_tokens,
    v_outcome.settled_micros, v_outcome.is_late, v_outcome.exceeds_reservation,
    v_outcome.overdraws_budget, v_now
  );
  return core.llm_outcome_of(v_call);
end
$function$;

comment on function core.settle_llm_reservation(uuid, text, bigint, bigint, timestamptz) is
  'Books the real cost of a granted call, once; tells what it came to';

-- Frees what a call holds that was not made. One that is released or has expired is left as it is;
-- one that is settled was made.
-- Locks: the budgets, the reservation, then usage under them.
create or replace function core.release_llm_reservation(
  p_tenant_id uuid,
  p_request_id text,
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
begin
  perform core.lock_llm_budgets(p_tenant_id);
  v_call := core.lock_llm_reservation(p_tenant_id, p_request_id);
  v_now := coalesce(p_now, clock_timestamp());
  if v_call.status = 'settled' then
    perform core.raise_error('llm_request_finished', 'audit_id ' || v_call.audit_id);
  elsif v_call.status = 'reserved' then
    perform core.book_llm_usage(
      p_tenant_id, v_call.scopes, v_call.decided_at, -v_call.reserved_micros, 0);
    update core.llm_reservations as r
       set status = 'released', finished_at = v_now
     where r.tenant_id = p_tenant_id and r.request_id = p_request_id
    returning r.* into strict v_call;
    insert into core.llm_call_outcomes (
      tenant_id, audit_id, outcome, settled_micros, is_late, exceeds_reservation,
      overdraws_budget, booked_at
    )
    values (p_tenant_id, v_call.audit_id, 'released', 0, false, false, false, v_now);
  end if;
  return core.llm_outcome_of(v_call);
end
$function$;

comment on function core.release_llm_reservation(uuid, text, timestamptz) is
  'Frees what a granted call holds; what has ended is left as it is';

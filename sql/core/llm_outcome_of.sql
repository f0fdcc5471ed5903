-- What a caller is told of a granted call that has ended; the same however often it is asked.
create or replace function core.llm_outcome_of(p_call core.llm_reservations)
  returns core.llm_outcome
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_outcome core.llm_outcome;
begin
  v_outcome.status := p_call.status;
  v_outcome.model := p_call.model;
  v_outcome.reserved_micros := p_call.reserved_micros;
  v_outcome.settled_micros := coalesce(p_call.settled_micros, 0);
  v_outcome.is_late := coalesce(p_call.is_late, false);
  v_outcome.exceeds_reservation := coalesce(p_call.exceeds_reservation, false);
  v_outcome.overdraws_budget := coalesce(p_call.overdraws_budget, false);
  return v_outcome;
end
$function$;

comment on function core.llm_outcome_of(core.llm_reservations) is
  'The answer about a granted call, from its row';

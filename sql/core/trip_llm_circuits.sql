-- Opens circuits. The minute after that begins when they close, so a circuit that has closed does
-- not open again for what was granted before. Returns the budgets as they stand then.
-- Locks: the rows of core.llm_circuits, under the locks of core.lock_llm_budgets.
create or replace function core.trip_llm_circuits(
  p_tenant_id uuid,
  p_states core.llm_budget_state[],
  p_scopes text[],
  p_now timestamptz
)
  returns core.llm_budget_state[]
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_state core.llm_budget_state;
  v_states core.llm_budget_state[] := array[]::core.llm_budget_state[];
begin
  foreach v_state in array p_states loop
    if v_state.scope = any (p_scopes) then
      v_state.open_until := p_now + core.llm_circuit_time(v_state.policy);
      insert into core.llm_circuits as c (
        tenant_id, scope, minute_start, minute_calls, minute_micros, open_until, opened_count
      )
      values (p_tenant_id, v_state.scope, v_state.open_until, 0, 0, v_state.open_until, 1)
      on conflict (tenant_id, scope) do update
        set minute_start = excluded.minute_start,
            minute_calls = 0,
            minute_micros = 0,
            open_until = excluded.open_until,
            opened_count = c.opened_count + 1;
    end if;
    v_states := v_states || v_state;
  end loop;
  return v_states;
end
$function$;

comment on function core.trip_llm_circuits(uuid, core.llm_budget_state[], text[], timestamptz) is
  'Opens the circuits of these budgets for the time their policies say';

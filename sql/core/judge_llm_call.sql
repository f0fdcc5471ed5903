-- Whether a call to a model, of a known cost, fits every budget it falls under. What can never fit
-- outweighs what has to wait; of several waits the longest counts. Of what exceeds a whole cap the
-- reset is told, too: by then a larger cap may have been set. Writes nothing: circuits that
-- have to open are told in tripped.
create or replace function core.judge_llm_call(
  p_tenant_id uuid,
  p_states core.llm_budget_state[],
  p_model text,
  p_premium boolean,
  p_purpose text,
  p_cost bigint,
  p_now timestamptz
)
  returns core.llm_verdict
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_verdict core.llm_verdict;
  v_state core.llm_budget_state;
  v_calls_limit bigint;
  v_micros_limit bigint;
  v_reason text;
  v_until timestamptz;
  v_never text;
  v_never_until timestamptz;
  v_needed numeric;
begin
  v_verdict.scopes := array[]::text[];
  v_verdict.tripped := array[]::text[];
  foreach v_state in array p_states loop
    continue when not (v_state.scope in ('all', 'model:' || p_model)
      or (v_state.scope = 'premium' and p_premium)
      or v_state.scope = 'purpose:' || coalesce(p_purpose, ''));
    v_verdict.scopes := v_verdict.scopes || v_state.scope;
    v_calls_limit := (v_state.policy ->> 'calls_per_minute')::bigint;
    v_micros_limit := (v_state.policy ->> 'cost_micros_per_minute')::bigint;
    if v_state.minute_start + interval '1 minute' > p_now is not true then
      v_state.minute_calls := 0;
      v_state.minute_micros := 0;
    end if;
    v_reason := null;
    if p_premium and not coalesce((v_state.policy ->> 'allow_premium')::boolean, true) then
      v_never := coalesce(v_never, 'premium_not_allowed');
    elsif p_cost is null or p_cost > least(v_state.cap_micros, v_micros_limit) then
      v_never := coalesce(v_never, 'estimate_too_large');
      v_never_until := greatest(v_never_until, v_state.resets_at);
    elsif v_state.open_until > p_now then
      v_reason := 'circuit_open';
      v_until := v_state.open_until;
    elsif v_state.minute_calls + 1 > v_calls_limit
      or v_state.minute_micros + p_cost > v_micros_limit
    then
      v_reason := 'circuit_open';
      v_until := p_now + core.llm_circuit_time(v_state.policy);
      v_verdict.tripped := v_verdict.tripped || v_state.scope;
    else
      v_needed := v_state.settled_micros + v_state.reserved_micros + p_cost - v_state.cap_micros;
      if v_needed > 0 then
        v_reason := 'budget_exhausted';
        v_until := case
          when v_state.period = 'rolling'
          then coalesce(core.llm_slice_end(p_tenant_id, v_state, v_needed), v_state.resets_at)
          else v_state.resets_at
        end;
      end if;
    end if;
    if v_reason is not null and (v_verdict.resets_at is null or v_until > v_verdict.resets_at) then
      v_verdict.reason := v_reason;
      v_verdict.resets_at := v_until;
    end if;
  end loop;
  if v_verdict.scopes = '{}' then
    v_never := 'no_budget';
  end if;
  if v_never is not null then
    v_verdict.reason := v_never;
    v_verdict.resets_at := case when v_never = 'estimate_too_large' then v_never_until end;
  end if;
  return v_verdict;
end
$function$;

comment on function core.judge_llm_call(
  uuid, core.llm_budget_state[], text, boolean, text, bigint, timestamptz) is
  'Whether a call fits every budget it falls under; else why not, and until when';

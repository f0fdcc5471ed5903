-- Decides about one call, everything else of the tenant waiting: the requested model if it fits
-- every budget, else the cheapest of its chain that does, else nothing. p_now null: the moment
-- after the locks, so that who waited is not judged by an old clock.
-- Locks: the budgets (core.lock_llm_budgets), then reservations, usage and circuits under them.
create or replace function core.decide_llm_call(
  p_tenant_id uuid,
  p_request_id text,
  p_model text,
  p_input_tokens bigint,
  p_max_output_tokens bigint,
  p_ttl interval,
  p_purpose text,
  p_correlation_id text,
  p_now timestamptz default null
)
  returns core.llm_decision
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_locked text[] := core.lock_llm_budgets(p_tenant_id);
  v_now timestamptz := coalesce(p_now, clock_timestamp());
  v_known core.llm_reservations;
  v_states core.llm_budget_state[];
  v_candidate record;
  v_verdict core.llm_verdict;
  v_first core.llm_verdict;
  v_answer core.llm_decision;
  v_waited_for constant text[] := array['budget_exhausted', 'circuit_open'];
  v_waits boolean;
begin
  select r.* into v_known
    from core.llm_reservations as r
   where r.tenant_id = p_tenant_id and r.request_id = p_request_id;
  if found then
    return core.repeat_llm_decision(
      v_known, p_model, p_input_tokens, p_max_output_tokens, p_ttl, p_purpose, v_now);
  end if;
  if v_locked = '{}' then
    perform core.check_tenant_exists(p_tenant_id);
  else
    perform core.expire_llm_reservations(p_tenant_id, v_now);
  end if;
  v_states := core.read_llm_budgets(p_tenant_id, v_locked, v_now);
  v_answer.audit_id := core.uuid_v7();
  v_answer.action := 'BLOCK';
  v_answer.reason := 'unknown_model';

  for v_candidate in
    select c.rank, c.model, c.input_micros, c.output_micros, c.premium,
        core.cost_of_llm_call(
          p_input_tokens, p_max_output_tokens, c.input_micros, c.output_micros) as cost
      from core.llm_candidates(p_model, v_now) as c
     order by c.rank <> 0, cost, c.rank
  loop
    v_verdict := core.judge_llm_call(
      p_tenant_id, v_states, v_candidate.model, v_candidate.premium, p_purpose,
      v_candidate.cost, v_now);
    if v_verdict.tripped <> '{}' then
      v_states := core.trip_llm_circuits(p_tenant_id, v_states, v_verdict.tripped, v_now);
    end if;
    if v_candidate.rank = 0 then
      v_first := v_verdict;
      v_answer.estimated_micros := v_candidate.cost;
    end if;
    if v_verdict.reason is null then
      v_answer.action := case when v_candidate.rank = 0 then 'ALLOW' else 'FALLBACK' end;
      v_answer.model := v_candidate.model;
      v_answer.reason := v_first.reason;
      v_answer.estimated_micros := v_candidate.cost;
      v_answer.resets_at := null;
      v_answer.expires_at := v_now + p_ttl;
      exit;
    end if;
    v_waits := v_verdict.reason = any (v_waited_for);
    if v_candidate.rank = 0 or v_waits and v_answer.reason <> all (v_waited_for) then
      v_answer.reason := v_verdict.reason;  -- where waiting helps, what is waited for
      v_answer.resets_at := v_verdict.resets_at;
    elsif v_waits then
      v_answer.resets_at := least(v_answer.resets_at, v_verdict.resets_at);
    end if;
    exit when exists (
      select from unnest(v_states) as s
       where s.scope = any (v_first.scopes) and s.policy ->> 'allow_fallback' = 'false');
  end loop;

  insert into core.llm_call_audit (
    tenant_id, audit_id, request_id, correlation_id, purpose, requested_model, granted_model,
    action, reason, input_tokens, max_output_tokens, estimated_micros, resets_at, decided_at
  )
  values (
    p_tenant_id, v_answer.audit_id, p_request_id, p_correlation_id, p_purpose, p_model,
    v_answer.model, v_answer.action, v_answer.reason, p_input_tokens, p_max_output_tokens,
    v_answer.estimated_micros, v_answer.resets_at, v_now
  );
  if v_answer.action <> 'BLOCK' then
    insert into core.llm_reservations (
      tenant_id, request_id, audit_id, action, reason, requested_model, model, purpose,
      correlation_id, scopes, input_tokens, max_output_tokens, ttl, input_micros,
      output_micros, reserved_micros, decided_at, expires_at, status
    )
    values (
      p_tenant_id, p_request_id, v_answer.audit_id, v_answer.action, v_answer.reason, p_model,
      v_answer.model, p_purpose, p_correlation_id, v_verdict.scopes, p_input_tokens,
      p_max_output_tokens, p_ttl, v_candidate.input_micros, v_candidate.output_micros,
      v_answer.estimated_micros, v_now, v_answer.expires_at, 'reserved'
    );
    perform core.book_llm_usage(
      p_tenant_id, v_verdict.scopes, v_now, v_answer.estimated_micros, 0);
    perform core.count_llm_minute(
      p_tenant_id, v_states, v_verdict.scopes, v_answer.estimated_micros, v_now);
    perform core.schedule_llm_expiry(p_tenant_id, v_answer.expires_at);
  end if;
  return v_answer;
end
$function$;

comment on function core.decide_llm_call(
  uuid, text, text, bigint, bigint, interval, text, text, timestamptz) is
  'Allows a call, grants a fallback or blocks it; audits the decision, reserves what it may cost';

-- Creates a budget or changes it. What was spent goes on counting: another period or time zone
-- counts the same calls in other buckets. An open circuit is closed.
-- Locks: the budgets of the tenant, then usage under them.
create or replace function api.set_llm_budget(
  p_tenant_id uuid,
  p_scope text,
  p_period text,
  p_cap_micros bigint,
  p_policy jsonb default '{}'
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s'
as $function$
declare
  v_now timestamptz;
  v_old core.llm_budgets;
  v_bad text := case
    when (p_scope in ('all', 'premium') or p_scope ~ '^(model|purpose):'
        and core.is_plain_name(regexp_replace(p_scope, '^(model|purpose):', ''))) is not true
      then 'p_scope'
    when p_period in ('day', 'month', 'rolling') is not true then 'p_period'
    when p_cap_micros between 0 and 100000000000000000 is not true then 'p_cap_micros'
  end;
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_tenant_exists(p_tenant_id);
  if v_bad is not null then
    perform core.raise_error('invalid_llm_budget', v_bad);
  end if;
  perform core.check_llm_policy(p_period, p_policy);
  perform core.lock_llm_budgets(p_tenant_id);
  v_now := clock_timestamp();
  select b.* into v_old
    from core.llm_budgets as b
   where b.tenant_id = p_tenant_id and b.scope = p_scope;
  if v_old.scope is null and 100 <= (
    select count(*) from core.llm_budgets as b where b.tenant_id = p_tenant_id)
  then
    perform core.raise_error('invalid_llm_budget', 'a tenant has 100 budgets at most');
  end if;
  insert into core.llm_budgets as b (
    tenant_id, scope, period, cap_micros, policy, created_at, changed_at
  )
  values (p_tenant_id, p_scope, p_period, p_cap_micros, p_policy, v_now, v_now)
  on conflict (tenant_id, scope) do update
    set period = excluded.period,
        cap_micros = excluded.cap_micros,
        policy = excluded.policy,
        changed_at = excluded.changed_at;
  delete from core.llm_circuits as c where c.tenant_id = p_tenant_id and c.scope = p_scope;
  if (v_old.period, v_old.policy ->> 'timezone', v_old.policy ->> 'window')
    is distinct from (p_period, p_policy ->> 'timezone', p_policy ->> 'window')
  then
    perform core.rebuild_llm_usage(p_tenant_id, p_scope, v_now);
  end if;
end
$function$;

comment on function api.set_llm_budget(uuid, text, text, bigint, jsonb) is
$doc$Sets how much a tenant may spend per period on the calls of a scope; a call must fit them all.
p_scope: all, premium, model:<model> or purpose:<purpose>. p_period: day, month or rolling.
p_policy: timezone (day, month; default UTC), window (rolling: 24h or 30d), calls_per_minute,
cost_micros_per_minute, circuit_seconds (default 60), allow_fallback, allow_premium.
Raises: HL002 unknown_tenant, HL071 invalid_llm_budget, HL072 invalid_llm_policy,
HL009 wrong_isolation.
Example: select api.set_llm_budget(
  :tenant, 'all', 'month', 50000000, '{"timezone": "Europe/Berlin", "calls_per_minute": 60}');$doc$;

revoke all on function api.set_llm_budget(uuid, text, text, bigint, jsonb) from public;
grant execute on function api.set_llm_budget(uuid, text, text, bigint, jsonb) to hookledger_dba;

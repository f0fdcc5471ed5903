-- Counts a granted call for the spike guards of its budgets. A minute begins with its first call.
-- Locks: the rows of core.llm_circuits, under the locks of core.lock_llm_budgets.
create or replace function core.count_llm_minute(
  p_tenant_id uuid,
  p_states core.llm_budget_state[],
  p_scopes text[],
  p_cost bigint,
  p_now timestamptz
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  insert into core.llm_circuits as c (
    tenant_id, scope, minute_start, minute_calls, minute_micros
  )
  select p_tenant_id, s.scope, p_now, 1, p_cost
    from unnest(p_states) as s
   where s.scope = any (p_scopes)
     and s.policy ?| array['calls_per_minute', 'cost_micros_per_minute']
  on conflict (tenant_id, scope) do update
    set minute_start = case
          when c.minute_start + interval '1 minute' > excluded.minute_start
          then c.minute_start else excluded.minute_start end,
        minute_calls = 1 + case
          when c.minute_start + interval '1 minute' > excluded.minute_start
          then c.minute_calls else 0 end,
        minute_micros = excluded.minute_micros + case
          when c.minute_start + interval '1 minute' > excluded.minute_start
          then c.minute_micros else 0 end;
end
$function$;

comment on function core.count_llm_minute(
  uuid, core.llm_budget_state[], text[], bigint, timestamptz) is
  'Counts a granted call in the minute that runs, where a policy limits it';

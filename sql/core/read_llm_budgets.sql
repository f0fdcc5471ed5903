-- Budgets as they stand at a moment. A statement of its own after core.lock_llm_budgets, so that it
-- sees what was committed while that waited.
create or replace function core.read_llm_budgets(
  p_tenant_id uuid,
  p_scopes text[],
  p_at timestamptz
)
  returns core.llm_budget_state[]
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select coalesce(array_agg(row(
      b.scope, b.cap_micros, b.policy, b.period, w.counts_from, w.bucket_start, w.resets_at,
      coalesce(u.reserved_micros, 0), coalesce(u.settled_micros, 0),
      c.minute_start, coalesce(c.minute_calls, 0), coalesce(c.minute_micros, 0), c.open_until
    )::core.llm_budget_state order by b.scope), '{}')
    from core.llm_budgets as b
   cross join lateral core.llm_window(b.period, b.policy, p_at) as w
    left join core.llm_circuits as c
      on c.tenant_id = p_tenant_id and c.scope = b.scope
        and b.policy ?| array['calls_per_minute', 'cost_micros_per_minute']
    left join lateral (
      select sum(g.reserved_micros) as reserved_micros, sum(g.settled_micros) as settled_micros
        from core.llm_budget_usage as g
       where g.tenant_id = p_tenant_id and g.scope = b.scope
         and g.bucket_start between w.counts_from and w.bucket_start
    ) as u on true
   where b.tenant_id = p_tenant_id and b.scope = any (p_scopes)
$function$;

comment on function core.read_llm_budgets(uuid, text[], timestamptz) is
  'The named budgets of a tenant with what counts in their windows, and their spike guards';

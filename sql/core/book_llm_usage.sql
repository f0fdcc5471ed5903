-- Adds to what counts for some budgets, in the bucket in which the call was decided: a call that is
-- settled after midnight belongs to the day that granted it. Budgets that are gone are left out.
-- What was spent stops short of the largest bigint instead of failing.
-- Locks: the rows of core.llm_budget_usage, under the locks of core.lock_llm_budgets.
create or replace function core.book_llm_usage(
  p_tenant_id uuid,
  p_scopes text[],
  p_decided_at timestamptz,
  p_reserved_micros bigint,
  p_settled_micros bigint
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  insert into core.llm_budget_usage as u (
    tenant_id, scope, bucket_start, reserved_micros, settled_micros
  )
  select p_tenant_id, b.scope, w.bucket_start, p_reserved_micros, p_settled_micros
    from core.llm_budgets as b
   cross join lateral core.llm_window(b.period, b.policy, p_decided_at) as w
   where b.tenant_id = p_tenant_id and b.scope = any (p_scopes)
  on conflict (tenant_id, scope, bucket_start) do update
    set reserved_micros = u.reserved_micros + excluded.reserved_micros,
        settled_micros = least(u.settled_micros, 9000000000000000000 - excluded.settled_micros)
          + excluded.settled_micros;
end
$function$;

comment on function core.book_llm_usage(uuid, text[], timestamptz, bigint, bigint) is
  'Adds to reserved and settled of some budgets, in the bucket of the decision';

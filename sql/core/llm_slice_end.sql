-- When enough of a rolling window has gone by for a cost to fit: slices leave oldest first.
create or replace function core.llm_slice_end(
  p_tenant_id uuid,
  p_state core.llm_budget_state,
  p_needed numeric
)
  returns timestamptz
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select f.bucket_start + (p_state.resets_at - p_state.bucket_start)
    from (
      select u.bucket_start,
        sum(u.reserved_micros + u.settled_micros) over (order by u.bucket_start) as freed
        from core.llm_budget_usage as u
       where u.tenant_id = p_tenant_id and u.scope = p_state.scope
         and u.bucket_start between p_state.counts_from and p_state.bucket_start
    ) as f
   where f.freed >= p_needed
   order by f.bucket_start
   limit 1
$function$;

comment on function core.llm_slice_end(uuid, core.llm_budget_state, numeric) is
  'When so much of a rolling window will have gone by';

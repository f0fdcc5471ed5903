-- Counts a budget's calls anew, in the buckets of the period it has now: for a budget whose period
-- or time zone changes, or that comes back. So a change never forgives what was spent. The calls
-- that are still held are locked, or one that is settled at this moment would be counted as held.
-- Locks: the reservations of the scope, then its usage. The caller holds the budget's row.
create or replace function core.rebuild_llm_usage(
  p_tenant_id uuid,
  p_scope text,
  p_now timestamptz
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  perform core.expire_llm_reservations(p_tenant_id, p_now);
  delete from core.llm_budget_usage as u where u.tenant_id = p_tenant_id and u.scope = p_scope;
  insert into core.llm_budget_usage (
    tenant_id, scope, bucket_start, reserved_micros, settled_micros
  )
  select p_tenant_id, p_scope, w.bucket_start,
      sum(case when r.status = 'reserved' then r.reserved_micros else 0 end)::bigint,
      least(sum(coalesce(r.settled_micros, 0)), 9000000000000000000)::bigint
    from (
      select l.status, l.decided_at, l.reserved_micros, l.settled_micros
        from core.llm_reservations as l
       where l.tenant_id = p_tenant_id and p_scope = any (l.scopes)
       order by l.request_id
         for update
    ) as r
    join core.llm_budgets as b on b.tenant_id = p_tenant_id and b.scope = p_scope
   cross join lateral core.llm_window(b.period, b.policy, r.decided_at) as w
   group by w.bucket_start;
end
$function$;

comment on function core.rebuild_llm_usage(uuid, text, timestamptz) is
  'Counts what a budget''s calls reserved and spent anew, from the reservations that are kept';

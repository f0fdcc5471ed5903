-- Removes what no decision needs any more, at most p_limit calls at a time: ended calls older than
-- 35 days (the longest window has 31) and buckets older than 70. The audit and the outcomes stay.
-- Locks: the rows that go.
create or replace function core.prune_llm_calls(
  p_tenant_id uuid,
  p_now timestamptz,
  p_limit integer
)
  returns integer
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_pruned integer;
begin
  delete from core.llm_reservations as r
   where r.tenant_id = p_tenant_id
     and r.request_id in (
       select o.request_id
         from core.llm_reservations as o
        where o.tenant_id = p_tenant_id and o.status <> 'reserved'
          and o.decided_at < p_now - interval '840 hours'
        order by o.decided_at
        limit p_limit);
  get diagnostics v_pruned = row_count;
  delete from core.llm_budget_usage as u
   where u.tenant_id = p_tenant_id and u.bucket_start < p_now - interval '1680 hours';
  return v_pruned;
end
$function$;

comment on function core.prune_llm_calls(uuid, timestamptz, integer) is
  'Removes calls and buckets that no window reaches any more; tells how many calls';

-- Ends reservations that nobody settled, and forgets calls that no window reaches any more: a
-- thousand of each at a time, so that no decision waits long for it. Comes back while there is
-- something left: soon where it did not get through, else when the next reservation ends.
-- Locks: those of core.lock_llm_budgets, then what ends and what goes.
create or replace function core.job_expire_llm_reservations(p_tenant_id uuid, p_args jsonb)
  returns jsonb
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_limit integer := coalesce((p_args ->> 'limit')::integer, 1000);
  v_now timestamptz;
  v_expired integer;
  v_pruned integer;
  v_next timestamptz;
begin
  perform core.lock_llm_budgets(p_tenant_id);
  v_now := clock_timestamp();
  v_expired := core.expire_llm_reservations(p_tenant_id, v_now, v_limit);
  v_pruned := core.prune_llm_calls(p_tenant_id, v_now, v_limit);
  v_next := (
    select min(r.expires_at)
      from core.llm_reservations as r
     where r.tenant_id = p_tenant_id and r.status = 'reserved');
  if v_pruned = v_limit or v_next <= v_now then
    perform core.enqueue_job(
      p_tenant_id, 'housekeeping', 'expire_llm_reservations', 'all', p_args, v_now);
  elsif v_next is not null then
    perform core.schedule_llm_expiry(p_tenant_id, v_next);
  end if;
  return jsonb_build_object('expired', v_expired, 'pruned', v_pruned);
end
$function$;

comment on function core.job_expire_llm_reservations(uuid, jsonb) is
  'Task: ends reservations of model calls whose time is over, forgets calls of long ago';

select core.build_job_dispatch();

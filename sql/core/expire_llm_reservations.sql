-- Lets go of what reservations hold whose time is over, the oldest first. Every decision does this
-- before it looks at its budgets, so that a leaked reservation blocks nobody, with or without a
-- worker. Expects core.lock_llm_budgets to have been called.
-- Locks: the reservations, then the rows of core.llm_budget_usage.
create or replace function core.expire_llm_reservations(
  p_tenant_id uuid,
  p_now timestamptz,
  p_limit integer default null
)
  returns integer
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_expired integer;
begin
  if not exists (
    select
      from core.llm_reservations as r
     where r.tenant_id = p_tenant_id and r.status = 'reserved' and r.expires_at <= p_now)
  then
    return 0;
  end if;
  with due as (
    select r.request_id
      from core.llm_reservations as r
     where r.tenant_id = p_tenant_id and r.status = 'reserved' and r.expires_at <= p_now
     order by r.expires_at
     limit p_limit
  ), gone as (
    update core.llm_reservations as r
       set status = 'expired', finished_at = p_now
     where r.tenant_id = p_tenant_id and r.request_id in (select d.request_id from due as d)
    returning r.audit_id, r.scopes, r.decided_at, r.reserved_micros
  ), told as (
    insert into core.llm_call_outcomes (
      tenant_id, audit_id, outcome, settled_micros, is_late, exceeds_reservation,
      overdraws_budget, booked_at
    )
    select p_tenant_id, g.audit_id, 'expired', 0, false, false, false, p_now from gone as g
  ), freed as (
    insert into core.llm_budget_usage as u (
      tenant_id, scope, bucket_start, reserved_micros, settled_micros
    )
    select p_tenant_id, b.scope, w.bucket_start, -sum(g.reserved_micros)::bigint, 0
      from gone as g
     cross join lateral unnest(g.scopes) as s (scope)
      join core.llm_budgets as b on b.tenant_id = p_tenant_id and b.scope = s.scope
     cross join lateral core.llm_window(b.period, b.policy, g.decided_at) as w
     group by b.scope, w.bucket_start
    on conflict (tenant_id, scope, bucket_start) do update
      set reserved_micros = u.reserved_micros + excluded.reserved_micros
  )
  select count(*) into v_expired from gone;
  return v_expired;
end
$function$;

comment on function core.expire_llm_reservations(uuid, timestamptz, integer) is
  'Ends reservations whose time is over (null limit: all) and frees what they hold; tells how many';

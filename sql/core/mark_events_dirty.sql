-- Marks the UTC days whose allocations new, verified events change; touches by
-- core.mark_touches_dirty, orders by core.days_of_event. Nothing depends on a dispute, nor on an
-- event that moves no money and names no session, customer or origin.
-- Locks: one per tenant, shared, from before it looks: what it cannot see yet (a sale in flight)
-- has its day computed after this transaction has ended (core.wait_for_marks).
create or replace function core.mark_events_dirty(
  p_tenant_id uuid,
  p_origins core.event_origin[],
  p_events core.canonical_event[],
  p_attempts core.event_attempt[]
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_is_locked boolean := false;
  v_touches uuid[];
  v_days date[];
begin
  for v_i in 1 .. cardinality(p_events) loop
    continue when (p_origins[v_i]).verification = 'unverified'
      or (p_attempts[v_i]).status in ('accepted', 'superseded') is not true
      or (p_events[v_i]).kind = 'dispute'
      or (p_events[v_i]).kind = 'none' and num_nonnulls(
        (p_events[v_i]).session_id, (p_events[v_i]).customer_key, (p_events[v_i]).channel,
        (p_events[v_i]).utm_source, (p_events[v_i]).utm_medium, (p_events[v_i]).utm_campaign,
        (p_events[v_i]).referrer, (p_events[v_i]).landing_page) = 0;
    if (p_events[v_i]).kind = 'touch' then
      v_touches := v_touches || (p_attempts[v_i]).event_id;
      continue;
    end if;
    -- An expression costs no start of the executor.
    v_is_locked := v_is_locked or core.hold_marks(p_tenant_id) is not null;
    v_days := v_days || core.days_of_event(p_tenant_id, (p_attempts[v_i]).event_id, p_events[v_i],
      (p_attempts[v_i]).is_first);
  end loop;
  if cardinality(v_days) > 0 then
    perform core.mark_days_dirty(p_tenant_id, v_days);
  end if;
  if v_touches is not null then
    perform core.mark_touches_dirty(p_tenant_id, v_touches);
  end if;
end
$function$;

comment on function core.mark_events_dirty(
  uuid, core.event_origin[], core.canonical_event[], core.event_attempt[]) is
  'Has the allocations computed again that new sales, refunds, touches and what else is told of an '
  'order change';

-- Marks the UTC days whose allocations these new, verified touches change: those of the sales they
-- can belong to, and their own, where they may be of visitors who bought nothing.
-- Locks: one per tenant, shared, from before it looks: a sale that is in flight and cannot be seen
-- has its day computed after this transaction has ended (core.wait_for_marks).
create or replace function core.mark_touches_dirty(p_tenant_id uuid, p_event_ids uuid[])
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan
as $function$
begin
  perform core.hold_marks(p_tenant_id);
  perform core.mark_days_dirty(p_tenant_id, core.days_of_touches(p_tenant_id, p_event_ids));
  perform core.mark_lost_touches(p_tenant_id, p_event_ids);
end
$function$;

comment on function core.mark_touches_dirty(uuid, uuid[]) is
  'Has the allocations computed again that these new touches change';

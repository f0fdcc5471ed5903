-- Marks the UTC days whose allocations these new, verified touches change: those of the sales they
-- can belong to, and their own, where they may be of visitors who bought nothing.
-- Locks, so that a touch and its sale in flight together do not miss each other: the sessions and
-- customers of the touches, shared, in the order of their keys, before looking. More than 64 of them
-- would fill the server's table of locks: then one lock against all the tenant's orders instead.
create or replace function core.mark_touches_dirty(p_tenant_id uuid, p_event_ids uuid[])
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan
as $function$
declare
  v_keys bigint[];
begin
  select array_agg(distinct hashtextextended(p_tenant_id || n.name, 0)) into v_keys
    from core.attribution_events as e
   cross join lateral (values
     (':session:' || e.session_id), (':customer:' || e.customer_key)) as n (name)
   where e.tenant_id = p_tenant_id and e.event_id = any (p_event_ids) and n.name is not null;
  if cardinality(v_keys) > 64 then
    perform pg_advisory_xact_lock(hashtextextended('orders of ' || p_tenant_id, 0));
  else
    perform pg_advisory_xact_lock_shared(k.key)
      from (select k.key from unnest(v_keys) as k (key) order by k.key) as k;
  end if;
  perform core.mark_days_dirty(p_tenant_id, core.days_of_touches(p_tenant_id, p_event_ids));
  perform core.mark_lost_touches(p_tenant_id, p_event_ids);
end
$function$;

comment on function core.mark_touches_dirty(uuid, uuid[]) is
  'Has the allocations computed again that these new touches change';

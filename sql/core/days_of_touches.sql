-- The UTC days of the sales that these touches can belong to: of the same session or customer, not
-- before the touch, and no later than the lookback. A session is looked up once, however many of
-- its touches there are.
create or replace function core.days_of_touches(p_tenant_id uuid, p_event_ids uuid[])
  returns date[]
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_lookback interval := make_interval(
    days => (core.attribution_settings_of(p_tenant_id)).lookback_days);
  v_days date[];
begin
  with touch as materialized (
    select e.session_id, e.customer_key, e.occurred_at
      from core.attribution_events as e
     where e.tenant_id = p_tenant_id and e.event_id = any (p_event_ids) and e.kind = 'touch'
  ), visit as (
    select 's' as of, t.session_id as name, array_agg(t.occurred_at) as times
      from touch as t where t.session_id is not null group by t.session_id
     union all
    select 'c', t.customer_key, array_agg(t.occurred_at)
      from touch as t where t.customer_key is not null group by t.customer_key
  ), bought as (
    select o.provider, o.object_id, v.times
      from visit as v
      join core.attribution_events as o
        on o.tenant_id = p_tenant_id and o.session_id = v.name
          and o.kind in ('sale', 'none') and o.verification <> 'unverified'
     where v.of = 's'
     union all
    select o.provider, o.object_id, v.times
      from visit as v
      join core.attribution_events as o
        on o.tenant_id = p_tenant_id and o.customer_key = v.name
          and o.kind in ('sale', 'none') and o.verification <> 'unverified'
     where v.of = 'c'
  )
  select array_agg(distinct (s.at at time zone 'UTC')::date) into v_days
    from bought as b
   cross join lateral (
     select min(e.occurred_at) as at
       from core.attribution_events as e
      where e.tenant_id = p_tenant_id and e.provider = b.provider
        and e.object_id = b.object_id and e.kind = 'sale' and e.verification <> 'unverified') as s
   where exists (
     select
       from unnest(b.times) as t (at)
      where s.at >= t.at and s.at <= t.at + v_lookback);
  return v_days;
end
$function$;

comment on function core.days_of_touches(uuid, uuid[]) is
  'The days of the sales to whose journeys these touches belong';

-- Marks the touches' own days, because markov and shapley count the journeys that led to nothing: at
-- once where something was sold on that day, else in ten seconds, for a sale that is in flight now
-- and cannot be seen. A day without sales is computed in no time.
create or replace function core.mark_lost_touches(p_tenant_id uuid, p_event_ids uuid[])
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_later timestamptz := clock_timestamp() + interval '10 seconds';
  v_day record;
begin
  for v_day in
    select d.day, exists (
        select
          from core.attribution_events as s
         where s.tenant_id = p_tenant_id and s.kind = 'sale'
           and s.occurred_at >= d.day::timestamp at time zone 'UTC'
           and s.occurred_at < (d.day + 1)::timestamp at time zone 'UTC') as has_sales
      from (
        select distinct (e.occurred_at at time zone 'UTC')::date as day
          from core.attribution_events as e
         where e.tenant_id = p_tenant_id and e.event_id = any (p_event_ids) and e.kind = 'touch'
      ) as d
     order by d.day
  loop
    perform core.mark_days_dirty(p_tenant_id, array[v_day.day],
      case when not v_day.has_sales then v_later end);
  end loop;
end
$function$;

comment on function core.mark_lost_touches(uuid, uuid[]) is
  'Has the own days of these touches computed again';

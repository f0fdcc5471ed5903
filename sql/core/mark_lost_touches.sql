-- Marks the touches' own days, on which something was sold, because markov and shapley count the
-- journeys that led to nothing.
create or replace function core.mark_lost_touches(p_tenant_id uuid, p_event_ids uuid[])
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  perform core.mark_days_dirty(p_tenant_id, array(
    select d.day
      from (
        select distinct (e.occurred_at at time zone 'UTC')::date as day
          from core.attribution_events as e
         where e.tenant_id = p_tenant_id and e.event_id = any (p_event_ids) and e.kind = 'touch'
      ) as d
     where exists (
       select
         from core.attribution_events as s
        where s.tenant_id = p_tenant_id and s.kind = 'sale'
          and s.occurred_at >= d.day::timestamp at time zone 'UTC'
          and s.occurred_at < (d.day + 1)::timestamp at time zone 'UTC')));
end
$function$;

comment on function core.mark_lost_touches(uuid, uuid[]) is
  'Has the own days of these touches computed again';

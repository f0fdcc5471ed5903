-- Keeps the daily sums of the days that a window touches; only what changed is written.
create or replace function core.sum_allocation_days(
  p_tenant_id uuid,
  p_window_start timestamptz,
  p_window_end timestamptz,
  p_models text[],
  p_model_version integer
)
  returns boolean
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_first date := (p_window_start at time zone 'UTC')::date;
  v_end date := ((p_window_end - interval '1 microsecond') at time zone 'UTC')::date + 1;
  v_from timestamptz := v_first::timestamp at time zone 'UTC';
  v_to timestamptz := v_end::timestamp at time zone 'UTC';
  v_changed boolean;
begin
  with entry as (
    select c.occurred_at, c.currency, c.amount_minor
      from core.conversions(p_tenant_id, v_from, v_to) as c
     union all
    select r.occurred_at, r.currency, r.amount_minor
      from core.reversals(p_tenant_id, v_from, v_to) as r
     where r.sale_at is not null
     union all
    select r.occurred_at, r.currency, r.amount_minor
      from core.refunds_of_nothing(p_tenant_id, v_from, v_to) as r
  ), summed as (
    -- Of each day and currency the revenue, and per model and channel what was allocated.
    select (e.occurred_at at time zone 'UTC')::date as day, e.currency, null::text as model,
        null::text as channel, sum(e.amount_minor) as amount
      from entry as e
     group by 1, 2
     union all
    select (a.occurred_at at time zone 'UTC')::date, a.currency, a.model, a.channel,
        sum(a.amount_minor)
      from core.attribution_allocations as a
     where a.tenant_id = p_tenant_id and a.model = any (p_models)
       and a.model_version = p_model_version
       and a.occurred_at >= v_from and a.occurred_at < v_to
     group by 1, 2, 3, 4
  ), compared as (
    select s.*,
        coalesce(sum(s.amount) filter (where s.model is null) over (
          partition by s.day, s.currency), 0) as revenue,
        sum(s.amount) over (partition by s.day, s.currency, s.model) as allocated
      from summed as s
  ), changed as materialized (
    select m.day, m.model, m.channel, m.currency, max(m.amount) filter (where m.is_fresh) as amount,
        max(m.revenue) filter (where m.is_fresh) as revenue,
        max(m.drift) filter (where m.is_fresh) as drift, max(m.stored_at) as stored_at
      from (
        select c.day, c.model, c.channel, c.currency, true as is_fresh, c.amount, c.revenue,
            c.allocated - c.revenue as drift, null::tid as stored_at
          from compared as c
         where c.model is not null
         union all
        select d.day, d.model, d.channel, d.currency, false, d.allocated_minor,
            d.event_revenue_minor, d.drift_minor, d.ctid
          from core.allocation_day_sums as d
         where d.tenant_id = p_tenant_id and d.day >= v_first and d.day < v_end
           and d.model = any (p_models) and d.model_version = p_model_version
      ) as m
     group by m.day, m.model, m.channel, m.currency
    having count(*) = 1 or min(m.amount) <> max(m.amount) or min(m.revenue) <> max(m.revenue)
      or min(m.drift) <> max(m.drift)
  ), gone as (
    delete from core.allocation_day_sums as d
     where d.tenant_id = p_tenant_id
       and d.ctid = any (array(select c.stored_at from changed as c where c.amount is null))
  ), written as (
    insert into core.allocation_day_sums (
      tenant_id, day, model, model_version, channel, currency, event_revenue_minor,
      allocated_minor, drift_minor
    )
    select p_tenant_id, c.day, c.model, p_model_version, c.channel, c.currency, c.revenue,
        c.amount, c.drift
      from changed as c
     where c.amount is not null
     order by c.day, c.model, c.channel, c.currency
    on conflict (tenant_id, day, model, model_version, channel, currency) do update
      set event_revenue_minor = excluded.event_revenue_minor,
          allocated_minor = excluded.allocated_minor,
          drift_minor = excluded.drift_minor
  )
  select exists (select from changed) into v_changed;
  return v_changed;
end
$function$;

comment on function core.sum_allocation_days(uuid, timestamptz, timestamptz, text[], integer) is
  'Brings the daily sums of a window''s days up to date with the allocations; false: they were';

-- Divides each sale of a window over its channels, by each model: the whole part of its share for
-- each, then one minor unit more for those with the largest remainders, of equal ones those first
-- by channel code. Remainders that differ by less than 10^-12 count as equal, so that the decimals
-- of a data-driven weight decide nothing. What stands there already and is the same is not written
-- again. Returns the sales of which something was.
create or replace function core.allocate_sales(
  p_tenant_id uuid,
  p_window_start timestamptz,
  p_window_end timestamptz,
  p_models text[],
  p_model_version integer
)
  returns uuid[]
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_changed uuid[];
begin
  with quota as (
    select w.*, q.whole,
        round((w.amount_minor * w.weight - q.whole * w.total) / w.total, 12) as remainder
      from core.weigh_touches(p_tenant_id, p_window_start, p_window_end, p_models) as w
     cross join lateral (
       select case when w.weight = w.total then w.amount_minor
           else div(w.amount_minor * w.weight, w.total) end as whole) as q
  ), ranked as (
    select q.*,
        row_number() over (
          partition by q.event_id, q.model_number
          order by q.remainder desc, q.channel collate "C") as place,
        q.amount_minor - sum(q.whole) over (
          partition by q.event_id, q.model_number) as left_over
      from quota as q
  ), fresh as materialized (
    select r.*, (r.whole + (r.place <= r.left_over)::integer)::bigint as share
      from ranked as r
  ), changed as materialized (
    -- What is there and what should be, side by side. Grouped, and what is gone removed by its
    -- place (the tenant's lock keeps it), because joins would be planned without statistics.
    select m.model, m.occurred_at, m.event_id, m.currency, m.channel, max(m.provider) as provider,
        max(m.object_id) as object_id, max(m.fresh) as fresh, max(m.stored_at) as stored_at
      from (
        select f.model, f.occurred_at, f.event_id, f.currency, f.channel, f.provider, f.object_id,
            f.share as fresh, null::bigint as stored, null::tid as stored_at
          from fresh as f
         where f.share > 0
         union all
        select a.model, a.occurred_at, a.event_id, a.currency, a.channel, a.provider, a.object_id,
            null, a.amount_minor, a.ctid
          from core.attribution_allocations as a
         where a.tenant_id = p_tenant_id and a.model = any (p_models)
           and a.model_version = p_model_version and a.kind = 'sale'
           and a.occurred_at >= p_window_start and a.occurred_at < p_window_end
      ) as m
     group by m.model, m.occurred_at, m.event_id, m.currency, m.channel
    having max(m.fresh) is distinct from max(m.stored)
  ), gone as (
    delete from core.attribution_allocations as a
     where a.tenant_id = p_tenant_id
       and a.ctid = any (array(
         select c.stored_at from changed as c where c.stored_at is not null))
    returning a.event_id
  ), written as (
    insert into core.attribution_allocations (
      tenant_id, model, model_version, occurred_at, event_id, kind, currency, channel,
      amount_minor, provider, object_id, sale_event_id
    )
    select p_tenant_id, c.model, p_model_version, c.occurred_at, c.event_id, 'sale', c.currency,
        c.channel, c.fresh, c.provider, c.object_id, c.event_id
      from changed as c
     cross join (select count(*) from gone) as g  -- what is replaced goes first
     where c.fresh > 0
     order by c.model collate "C", c.occurred_at, c.event_id
  )
  select array_agg(distinct c.event_id) into v_changed from changed as c;
  return coalesce(v_changed, '{}');
end
$function$;

comment on function core.allocate_sales(uuid, timestamptz, timestamptz, text[], integer) is
  'Writes the allocations of the sales of a window; returns the sales that changed';

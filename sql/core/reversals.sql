-- The refunds and corrections of a window with what was given back of their sale in that currency
-- before and after each, in the order of their times. A refund's time is the earliest of all events
-- that tell it; a correction has its sale's. sale_at null: the sale is not known yet.
create or replace function core.reversals(
  p_tenant_id uuid,
  p_window_start timestamptz,
  p_window_end timestamptz
)
  returns table (
    event_id uuid, kind text, provider text, object_id text, currency text, amount_minor bigint,
    occurred_at timestamptz, sale_event_id uuid, sale_at timestamptz, before bigint, after bigint
  )
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  with sale as materialized (
    -- Of refunds told in the window, and of corrections: those of the window's sales.
    select e.provider, e.parent_object_id as object_id
      from core.attribution_events as e
     where e.tenant_id = p_tenant_id and e.kind = 'refund' and e.verification <> 'unverified'
       and e.occurred_at >= p_window_start and e.occurred_at < p_window_end
       and e.parent_object_id is not null
     union
    select e.provider, e.object_id
      from core.attribution_events as e
      join core.revenue_ledger as l
        on l.tenant_id = p_tenant_id and l.provider = e.provider and l.kind = 'correction'
          and l.parent_object_id = e.object_id
     where e.tenant_id = p_tenant_id and e.kind = 'sale' and e.verification <> 'unverified'
       and e.occurred_at >= p_window_start and e.occurred_at < p_window_end
  ), timed as (
    select s.provider, s.object_id, b.event_id as sale_event_id,
        (select min(e.occurred_at)
           from core.attribution_events as e
          where e.tenant_id = p_tenant_id and e.provider = s.provider
            and e.object_id = s.object_id and e.kind = 'sale' and e.verification <> 'unverified'
            and b.event_id is not null) as sale_at
      from sale as s
      left join core.revenue_ledger as b
        on b.tenant_id = p_tenant_id and b.provider = s.provider and b.kind = 'sale'
          and b.object_id = s.object_id
  ), entry as (
    -- What was booked later of a refund (core.book_rest) is another entry of the same event.
    select l.event_id, l.kind, l.provider, min(l.object_id) as object_id, l.currency,
        sum(l.amount_minor)::bigint as amount_minor, t.object_id as sale_id, t.sale_event_id,
        t.sale_at
      from timed as t
      join core.revenue_ledger as l
        on l.tenant_id = p_tenant_id and l.provider = t.provider
          and l.parent_object_id = t.object_id and l.kind in ('refund', 'correction')
     group by l.event_id, l.kind, l.provider, l.currency, t.object_id, t.sale_event_id, t.sale_at
  ), dated as (
    select e.*,
        case
          when e.kind = 'correction' then e.sale_at
          else (
            select min(o.occurred_at)
              from core.attribution_events as r
              join core.attribution_events as o
                on o.tenant_id = p_tenant_id and o.provider = r.provider
                  and o.object_id = r.object_id and o.kind = 'refund'
                  and o.verification <> 'unverified'
             where r.tenant_id = p_tenant_id and r.event_id = e.event_id)
        end as occurred_at
      from entry as e
  ), summed as (
    select e.*,
        (sum(-e.amount_minor) over (
          partition by e.provider, e.sale_id, e.currency
          order by e.occurred_at, e.kind collate "C", e.object_id collate "C"))::bigint as after
      from dated as e
  )
  select s.event_id, s.kind, s.provider, s.object_id, s.currency, s.amount_minor, s.occurred_at,
      s.sale_event_id, s.sale_at, s.after + s.amount_minor, s.after
    from summed as s
   where s.occurred_at >= p_window_start and s.occurred_at < p_window_end
$function$;

comment on function core.reversals(uuid, timestamptz, timestamptz) is
  'What was given back in a window, and how much of its sale before and after';

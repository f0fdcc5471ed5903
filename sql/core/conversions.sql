-- The sales of a window. What the ledger booked is the conversion; its time is the earliest of all
-- events that tell this sale, so that it does not depend on which of them came first.
create or replace function core.conversions(
  p_tenant_id uuid,
  p_window_start timestamptz,
  p_window_end timestamptz
)
  returns table (
    event_id uuid, provider text, object_id text, currency text, amount_minor bigint,
    occurred_at timestamptz
  )
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select l.event_id, l.provider, l.object_id, l.currency, l.amount_minor, s.occurred_at
    from (
      select e.provider, e.object_id, min(e.occurred_at) as occurred_at
        from core.attribution_events as e
       where e.tenant_id = p_tenant_id and e.kind = 'sale' and e.verification <> 'unverified'
         and e.occurred_at >= p_window_start and e.occurred_at < p_window_end
       group by e.provider, e.object_id
    ) as s
    join core.revenue_ledger as l
      on l.tenant_id = p_tenant_id and l.provider = s.provider and l.kind = 'sale'
        and l.object_id = s.object_id
   where not exists (
     select
       from core.attribution_events as o
      where o.tenant_id = p_tenant_id and o.provider = s.provider and o.object_id = s.object_id
        and o.kind = 'sale' and o.verification <> 'unverified' and o.occurred_at < p_window_start)
$function$;

comment on function core.conversions(uuid, timestamptz, timestamptz) is
  'The booked sales whose earliest telling lies in the window';

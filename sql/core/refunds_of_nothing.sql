-- Refunds of a window that name no sale (PayPal's v1 API where it tells no parent): none will come.
create or replace function core.refunds_of_nothing(
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
  select l.event_id, l.provider, l.object_id, l.currency, l.amount_minor, l.occurred_at
    from core.attribution_events as e
    join core.revenue_ledger as l
      on l.tenant_id = p_tenant_id and l.provider = e.provider and l.kind = 'refund'
        and l.object_id = e.object_id and l.event_id = e.event_id
   where e.tenant_id = p_tenant_id and e.kind = 'refund' and e.verification <> 'unverified'
     and e.occurred_at >= p_window_start and e.occurred_at < p_window_end
     and l.parent_object_id is null
$function$;

comment on function core.refunds_of_nothing(uuid, timestamptz, timestamptz) is
  'The refunds of a window that belong to no sale';

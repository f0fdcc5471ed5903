-- The UTC days whose allocations a new, verified event of an order changes:
--   sale     its day; where it was told before or refunded already, the days of all that as well
--   refund   its day; where the sale has other refunds, theirs: they are divided in order
--   none     the days of the order, if it was sold
-- Asked for every order that comes in, so the usual cases are two probes of an index, and none for
-- a sale that was booked, under the lock of the sale, as the first that is heard of it
-- (p_is_first).
create or replace function core.days_of_event(
  p_tenant_id uuid,
  p_event_id uuid,
  p_event core.canonical_event,
  p_is_first boolean
)
  returns date[]
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_sale_id text := p_event.object_id;
  v_days date[] := array[]::date[];
begin
  if p_event.kind <> 'none' then
    v_days := array[(p_event.occurred_at at time zone 'UTC')::date];
  end if;
  if p_is_first then
    return v_days;
  end if;
  if p_event.kind = 'refund' then
    v_sale_id := p_event.parent_object_id;
  end if;
  if exists (
      select
        from core.revenue_ledger as l
       where l.tenant_id = p_tenant_id and l.provider = p_event.provider and l.kind = 'refund'
         and l.parent_object_id = v_sale_id and l.event_id <> p_event_id)
    or p_event.kind <> 'refund' and exists (
      select
        from core.attribution_events as e
       where e.tenant_id = p_tenant_id and e.provider = p_event.provider and e.kind = 'sale'
         and e.object_id = v_sale_id and e.event_id <> p_event_id)
  then
    v_days := v_days || core.days_of_order(
      p_tenant_id, p_event.provider, v_sale_id, p_event.kind <> 'refund');
  end if;
  return v_days;
end
$function$;

comment on function core.days_of_event(uuid, uuid, core.canonical_event, boolean) is
  'The days whose allocations a new sale, refund or other event of an order changes';

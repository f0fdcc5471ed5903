-- Marks the UTC days whose allocations a new, verified event of an order changes:
--   sale     its day; where it was told before or refunded already, the days of all that as well
--   refund   its day; where the sale has other refunds, theirs: they are divided in order
--   none     with a session, customer or origin: the days of the order, if it was sold
-- Called for every order that comes in, so the usual cases are two probes of an index, and none for
-- a sale that core.book_revenue, under the lock of the sale, has just found to be the first it hears
-- of it.
-- Locks: one per tenant, shared, from before it looks: what it cannot see yet (a sale in flight) has
-- its day computed after this transaction has ended (core.wait_for_marks).
create or replace function core.mark_order_dirty(
  p_tenant_id uuid,
  p_event_id uuid,
  p_event core.canonical_event
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_sale_id text := p_event.object_id;
  v_days date[] := array[]::date[];
  v_has_more boolean := false;
begin
  if p_event.kind = 'none' and num_nonnulls(p_event.session_id, p_event.customer_key,
    p_event.channel, p_event.utm_source, p_event.utm_medium, p_event.utm_campaign,
    p_event.referrer, p_event.landing_page) = 0
  then
    return;
  end if;
  if p_event.kind = 'refund' then
    v_sale_id := p_event.parent_object_id;
  end if;
  -- IF, not PERFORM: an expression costs no start of the executor.
  if pg_advisory_xact_lock_shared(hashtextextended('marks of ' || p_tenant_id, 0)) is null then
    return;
  end if;

  if p_event.kind <> 'none' then
    v_days := array[(p_event.occurred_at at time zone 'UTC')::date];
  end if;
  if current_setting('app.new_sale', true) is distinct from p_event_id::text then
    v_has_more := exists (
        select
          from core.revenue_ledger as l
         where l.tenant_id = p_tenant_id and l.provider = p_event.provider and l.kind = 'refund'
           and l.parent_object_id = v_sale_id and l.event_id <> p_event_id)
      or p_event.kind <> 'refund' and exists (
        select
          from core.attribution_events as e
         where e.tenant_id = p_tenant_id and e.provider = p_event.provider and e.kind = 'sale'
           and e.object_id = v_sale_id and e.event_id <> p_event_id);
  end if;
  if v_has_more then
    v_days := v_days || core.days_of_order(
      p_tenant_id, p_event.provider, v_sale_id, p_event.kind <> 'refund');
  end if;
  if core.mark_days_dirty(p_tenant_id, v_days) is null then
    return;
  end if;
end
$function$;

comment on function core.mark_order_dirty(uuid, uuid, core.canonical_event) is
  'Has the allocations computed again that a new sale, refund or other event of an order changes';

-- A sale that came after its refunds: where they exceed it, a correction of each currency takes
-- back what is too much.
-- Locks: the entries; the caller holds the advisory lock on the sale.
create or replace function core.correct_refunds(
  p_tenant_id uuid,
  p_event_id uuid,
  p_event core.canonical_event
)
  returns core.booking
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_early record;
  v core.booking;
begin
  for v_early in
    select l.currency, -sum(l.amount_minor)
        - case when l.currency = p_event.currency then p_event.amount_minor else 0 end as excess
      from core.revenue_ledger as l
     where l.tenant_id = p_tenant_id and l.provider = p_event.provider
       and l.parent_object_id = p_event.object_id and l.kind = 'refund'
     group by l.currency
     order by l.currency
  loop
    continue when v_early.excess <= 0;
    insert into core.revenue_ledger (
      tenant_id, provider, kind, object_id, parent_object_id, event_id, currency, amount_minor,
      occurred_at, booked_at
    )
    values (
      p_tenant_id, p_event.provider, 'correction', p_event.object_id || ':' || v_early.currency,
      p_event.object_id, p_event_id, v_early.currency, v_early.excess, p_event.occurred_at, v_now
    );
    v.reason := 'refund_exceeds_sale';
    v.excess := concat_ws(', ', v.excess, format('%s %s', v_early.excess, v_early.currency));
  end loop;
  return v;
end
$function$;

comment on function core.correct_refunds(uuid, uuid, core.canonical_event) is
  'Takes back what the refunds of a sale that was just booked exceed it by, and tells how much';

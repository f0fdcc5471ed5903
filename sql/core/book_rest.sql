-- Books what a refund could not when it came, because it exceeded its sale: as much as the sale has
-- room for now (a correction gave some back). The first entry of the refund keeps its id; what is
-- added later stands beside it as <refund>:rest:<n>, of the same event. Null when nothing is left.
-- Locks: the advisory lock on the sale, as core.book_events takes it.
create or replace function core.book_rest(
  p_tenant_id uuid,
  p_event_id uuid,
  p_event core.canonical_event
)
  returns text
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_sale_id text := coalesce(p_event.parent_object_id, p_event.object_id);
  v_refunded bigint;
  v_booked record;
  v_rest bigint;
  v_room bigint;
begin
  perform pg_advisory_xact_lock(core.lock_of_sale(p_tenant_id, p_event));
  v_refunded := core.refunded_of_sale(
    p_tenant_id, p_event.provider, v_sale_id, p_event.currency);
  select count(*) as entries, coalesce(-sum(l.amount_minor), 0)::bigint as amount_minor
    into v_booked
    from core.revenue_ledger as l
   where l.tenant_id = p_tenant_id and l.provider = p_event.provider
     and l.parent_object_id = v_sale_id and l.kind = 'refund' and l.event_id = p_event_id;
  v_rest := p_event.amount_minor
    - case when p_event.amount_is_cumulative then v_refunded else v_booked.amount_minor end;
  v_room := greatest(least(v_rest, coalesce(core.sold_of_sale(
    p_tenant_id, p_event.provider, v_sale_id, p_event.currency) - v_refunded, v_rest)), 0);
  if v_room > 0 then
    insert into core.revenue_ledger (
      tenant_id, provider, kind, object_id, parent_object_id, event_id, currency, amount_minor,
      occurred_at, booked_at
    )
    values (
      p_tenant_id, p_event.provider, 'refund',
      p_event.object_id
        || case when v_booked.entries > 0 then ':rest:' || v_booked.entries else '' end,
      v_sale_id, p_event_id, p_event.currency, -v_room, p_event.occurred_at, v_now
    );
    perform core.hold_marks(p_tenant_id);
    perform core.mark_days_dirty(
      p_tenant_id, core.days_of_event(p_tenant_id, p_event_id, p_event, false));
  end if;
  return case when v_rest > v_room then
    format('object_id %s, excess_minor %s %s',
      p_event.object_id, v_rest - v_room, p_event.currency) end;
end
$function$;

comment on function core.book_rest(uuid, uuid, core.canonical_event) is
  'Books the rest of a refund that exceeded its sale; returns what still exceeds it, null: nothing';

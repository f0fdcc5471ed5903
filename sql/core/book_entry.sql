-- Takes an amount off: the entry of one refund or dispute.
create or replace function core.book_entry(
  p_tenant_id uuid,
  p_event_id uuid,
  p_event core.canonical_event,
  p_amount bigint
)
  returns core.booking
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v core.booking;
begin
  insert into core.revenue_ledger (
    tenant_id, provider, kind, object_id, parent_object_id, event_id, currency, amount_minor,
    occurred_at, booked_at
  )
  values (
    p_tenant_id, p_event.provider, p_event.kind, p_event.object_id, p_event.parent_object_id,
    p_event_id, p_event.currency, -p_amount, p_event.occurred_at, v_now
  )
  on conflict (tenant_id, provider, kind, object_id) do nothing;
  if not found then
    v.reason := core.compare_entry(p_tenant_id, p_event);
  end if;
  return v;
end
$function$;

comment on function core.book_entry(uuid, uuid, core.canonical_event, bigint) is
  'Enters a refund or dispute of p_amount minor units; says why it did not';

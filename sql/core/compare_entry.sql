-- Why a fact that the ledger has already adds nothing: it says the same, or another amount.
create or replace function core.compare_entry(
  p_tenant_id uuid,
  p_event core.canonical_event
)
  returns text
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_known record;
begin
  select l.currency, abs(l.amount_minor) as amount_minor into v_known
    from core.revenue_ledger as l
   where l.tenant_id = p_tenant_id and l.provider = p_event.provider
     and l.kind = p_event.kind and l.object_id = p_event.object_id;
  return case
    when v_known.currency = p_event.currency and v_known.amount_minor = p_event.amount_minor
    then 'already_booked' else 'amount_differs'
  end;
end
$function$;

comment on function core.compare_entry(uuid, core.canonical_event) is
  'already_booked or amount_differs, for an event whose entry is there';

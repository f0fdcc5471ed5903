-- Books what an item lacks: the unverified event that the statement confirms is recorded again, by
-- the very functions that record deliveries, as verified by a statement. So the business key
-- decides as ever: had the provider's own webhook come meanwhile, nothing is booked, and should it
-- come later, it is a duplicate. The event keeps the receipt of its unverified delivery. Locks:
-- those of core.record_deliveries.
create or replace function core.repair_item(
  p_tenant_id uuid,
  p_provider text,
  p_event_id uuid
)
  returns text
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_stored core.attribution_events;
  v_gate core.webhook_dedup_events;
  v_read core.interpretation;
  v_event core.canonical_event;
  v_settings jsonb;
  v_delivery core.delivery;
begin
  select e.* into strict v_stored
    from core.attribution_events as e
   where e.tenant_id = p_tenant_id and e.event_id = p_event_id;
  select d.* into strict v_gate
    from core.webhook_dedup_events as d
   where d.tenant_id = p_tenant_id and d.endpoint_id = v_stored.endpoint_id
     and d.receipt_id = v_stored.receipt_id;
  select e.settings into strict v_settings
    from core.webhook_endpoints as e
   where e.tenant_id = p_tenant_id and e.endpoint_id = v_stored.endpoint_id;
  v_event := core.repeat_event(v_stored, v_settings);
  if v_event.dedup_key is null then
    return 'refused';
  end if;

  v_gate.verification := 'statement';
  v_gate.outcome := 'failed';  -- its own event id is taken: a new one
  v_read.status := 'accepted';
  v_read.events := array[v_event];
  v_read.redacted_count := v_stored.redacted_count;
  v_delivery := row(p_provider, '{}'::jsonb, v_read, v_gate)::core.delivery;
  v_gate := (core.record_deliveries(p_tenant_id, array[v_delivery]))[1];
  return case
    when v_gate.status = 'duplicate'
      or v_gate.reason in ('already_booked', 'amount_differs') then 'known'
    when v_gate.status = 'dead' then 'refused'
    else 'booked'
  end;
exception when others then
  if core.is_infrastructure_error(sqlstate) then
    raise;
  end if;
  return 'refused';
end
$function$;

comment on function core.repair_item(uuid, text, uuid) is
  'Records an unverified event as confirmed by a statement: booked, known or refused';

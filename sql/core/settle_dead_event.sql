-- Tells the receipt anew after a person's decision about one of its dead letters, whose gate row
-- the caller has locked.
create or replace function core.settle_dead_event(p_tenant_id uuid, p_row core.dead_events)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_gate core.webhook_dedup_events;
begin
  select g.* into strict v_gate
    from core.webhook_dedup_events as g
   where g.tenant_id = p_tenant_id and g.endpoint_id = p_row.endpoint_id
     and g.delivery_key = p_row.delivery_key;
  perform core.settle_replay(p_tenant_id, v_gate, null);
end
$function$;

comment on function core.settle_dead_event(uuid, core.dead_events) is
  'Updates the gate row of a delivery after one of its dead letters was discarded or re-opened';

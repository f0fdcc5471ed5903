-- Locks a dead letter for a person's decision, waiting for whoever works on it. In the order of
-- api.ingest_webhook: the gate row, then the dead letter.
create or replace function core.lock_dead_event(p_tenant_id uuid, p_dead_event_id uuid)
  returns core.dead_events
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_row core.dead_events;
begin
  perform
    from core.webhook_dedup_events as g
   where g.tenant_id = p_tenant_id
     and (g.endpoint_id, g.delivery_key) = (
       select d.endpoint_id, d.delivery_key
         from core.dead_events as d
        where d.tenant_id = p_tenant_id and d.dead_event_id = p_dead_event_id)
     for update;
  select d.* into v_row
    from core.dead_events as d
   where d.tenant_id = p_tenant_id and d.dead_event_id = p_dead_event_id
     for update;
  if not found then
    perform core.raise_error(
      'unknown_dead_event', format('dead_event_id %s', p_dead_event_id));
  end if;
  return v_row;
end
$function$;

comment on function core.lock_dead_event(uuid, uuid) is
  'Locks a dead letter and its gate row, and returns the first; raises HL060 where there is none';

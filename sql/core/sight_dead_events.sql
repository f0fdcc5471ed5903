-- A dead webhook came again: no second row, one more sighting.
create or replace function core.sight_dead_events(p_tenant_id uuid, p_receipt_id uuid)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
begin
  update core.dead_events
     set seen_count = seen_count + 1, last_seen_at = v_now
   where tenant_id = p_tenant_id and receipt_id = p_receipt_id;
end
$function$;

comment on function core.sight_dead_events(uuid, uuid) is
  'Counts one more sighting of a dead delivery';

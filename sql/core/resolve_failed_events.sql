-- A delivery whose attempt failed is being processed again: its failures count as resolved, unless
-- this attempt buries them anew (core.bury_delivery re-opens).
create or replace function core.resolve_failed_events(
  p_tenant_id uuid,
  p_receipt_id uuid,
  p_note text
)
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
     set status = 'resolved', resolution_note = p_note, resolved_by = session_user,
         resolved_at = v_now, next_attempt_at = null
   where tenant_id = p_tenant_id and receipt_id = p_receipt_id
     and status in ('open', 'retrying') and core.is_transient(reason);
end
$function$;

comment on function core.resolve_failed_events(uuid, uuid, text) is
  'Marks the transient failures of a delivery resolved because it is processed again';

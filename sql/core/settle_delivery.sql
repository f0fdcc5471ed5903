-- Rewrites the receipt in the gate where booking ended otherwise than the payload promised.
create or replace function core.settle_delivery(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_delivery_key text,
  p_outcome text,
  p_status text,
  p_event_id uuid,
  p_reason text
)
  returns void
  language sql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  update core.webhook_dedup_events
     set outcome = p_outcome, status = p_status, event_id = p_event_id, reason = p_reason
   where tenant_id = p_tenant_id and endpoint_id = p_endpoint_id and delivery_key = p_delivery_key
$function$;

comment on function core.settle_delivery(uuid, uuid, text, text, text, uuid, text) is
  'Sets outcome and receipt of a gate row';

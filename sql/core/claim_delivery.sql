-- The dedup gate: one INSERT decides, so that of any number of concurrent copies exactly one gets
-- through; the others wait for its commit, count themselves and read its receipt. (Rows of the gate
-- are never deleted, so a row that was in the way is there to be updated. DO UPDATE in one statement
-- costs every new delivery twice as much.) A row is claimed when it is new, or when its last attempt
-- failed in a way that a repetition may cure. Locks: the gate row, until the transaction ends.
create or replace function core.claim_delivery(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_delivery_key text,
  p_receipt_id uuid,
  p_topic text,
  p_request_sha256 bytea,
  p_body_bytes integer,
  p_verification text,
  p_status text,
  p_event_id uuid,
  p_reason text
)
  returns core.webhook_dedup_events
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_row core.webhook_dedup_events;
begin
  insert into core.webhook_dedup_events (
    tenant_id, endpoint_id, delivery_key, receipt_id, topic, request_sha256, body_bytes,
    verification, first_seen_at, last_seen_at, outcome, status, event_id, reason
  )
  values (
    p_tenant_id, p_endpoint_id, p_delivery_key, p_receipt_id, p_topic, p_request_sha256,
    p_body_bytes, p_verification, v_now, v_now, 'done', p_status, p_event_id, p_reason
  )
  on conflict (tenant_id, endpoint_id, delivery_key) do nothing;
  if not found then
    update core.webhook_dedup_events as d
       set last_seen_at = greatest(d.last_seen_at, v_now),
           seen_count = d.seen_count + (d.request_sha256 = p_request_sha256)::integer,
           conflict_count = d.conflict_count + (d.request_sha256 <> p_request_sha256)::integer
     where d.tenant_id = p_tenant_id and d.endpoint_id = p_endpoint_id
       and d.delivery_key = p_delivery_key
    returning d.* into strict v_row;
    return v_row;
  end if;
  v_row.tenant_id := p_tenant_id;
  v_row.endpoint_id := p_endpoint_id;
  v_row.delivery_key := p_delivery_key;
  v_row.receipt_id := p_receipt_id;
  v_row.topic := p_topic;
  v_row.request_sha256 := p_request_sha256;
  v_row.body_bytes := p_body_bytes;
  v_row.verification := p_verification;
  v_row.first_seen_at := v_now;
  v_row.last_seen_at := v_now;
  v_row.seen_count := 1;
  v_row.conflict_count := 0;
  v_row.outcome := 'done';
  v_row.status := p_status;
  v_row.event_id := p_event_id;
  v_row.reason := p_reason;
  return v_row;
end
$function$;

comment on function core.claim_delivery(
  uuid, uuid, text, uuid, text, bytea, integer, text, text, uuid, text) is
  'Inserts the gate row of a delivery, or counts one more sighting; returns the row as it stands';

-- The dedup gate: one INSERT decides, so that of any number of concurrent copies exactly one gets
-- through; the others wait for its commit (core.meet_delivery). DO UPDATE in one statement would
-- cost every new delivery twice as much.
-- Locks: the gate rows in the order of their keys, until the transaction ends.
create or replace function core.claim_deliveries(
  p_tenant_id uuid,
  p_deliveries core.delivery[]
)
  returns integer[]
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_count integer;
begin
  insert into core.webhook_dedup_events (
    tenant_id, endpoint_id, delivery_key, receipt_id, topic, request_sha256, body_bytes,
    verification, first_seen_at, last_seen_at, outcome, status, event_id, reason
  )
  select
      p_tenant_id, (d.gate).endpoint_id, (d.gate).delivery_key, (d.gate).receipt_id,
      (d.gate).topic, (d.gate).request_sha256, (d.gate).body_bytes, (d.gate).verification,
      (d.gate).first_seen_at, (d.gate).last_seen_at, (d.gate).outcome, (d.gate).status,
      (d.gate).event_id, (d.gate).reason
    from rows from (unnest(p_deliveries)) with ordinality as d
   order by (d.gate).endpoint_id, (d.gate).delivery_key collate "C", d.ordinality
  on conflict (tenant_id, endpoint_id, delivery_key) do nothing;
  get diagnostics v_count = row_count;
  if v_count = cardinality(p_deliveries) then
    return null;
  end if;
  return array(
    select d.ordinality
      from rows from (unnest(p_deliveries)) with ordinality as d
      join core.webhook_dedup_events as g
        on g.tenant_id = p_tenant_id and g.endpoint_id = (d.gate).endpoint_id
          and g.delivery_key = (d.gate).delivery_key and g.receipt_id = (d.gate).receipt_id
     order by d.ordinality);
end
$function$;

comment on function core.claim_deliveries(uuid, core.delivery[]) is
  'Inserts the gate rows of deliveries; the places of those that are new, null: all';

-- One dead letter, taken through the same functions as a webhook: the redacted payload is read as a
-- body, under the endpoint's settings of today, and recorded under the receipt it always had.
-- Position 0 is the whole delivery. Of a later position the payload is its own document: a part of
-- a batch, or an order or payment reduced to this one refund, whose own event is the last. The
-- topic of the URL was judged when it arrived; here it only stands in for a missing header. A
-- refund above its sale is an event already: of it only the rest is booked.
-- What comes back dead is undone by the caller. Locks: as core.record_deliveries.
create or replace function core.reprocess_dead_event(
  p_tenant_id uuid,
  p_gate core.webhook_dedup_events,
  p_row core.dead_events
)
  returns core.event_attempt
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_started timestamptz := clock_timestamp();
  v_delivery core.delivery;
  v_gate core.webhook_dedup_events := p_gate;
  v_endpoint record;
  v_read core.interpretation;
  v_event core.canonical_event;
  v_dead core.dead_letter;
  v core.event_attempt;
begin
  v_endpoint := core.endpoint_of(p_tenant_id, p_row.endpoint_id);
  if p_row.is_quarantined and coalesce(v_endpoint.settings ->> 'pii', 'quarantine') = 'quarantine'
  then
    v.status := 'dead';
    v.dead := core.describe_failure('redact',
      (select e.sqlstate from core.errors() as e where e.reason = 'pii_violation'),
      case when p_row.reason = 'pii_violation' then p_row.detail end);
    return v;
  end if;

  v_read := core.interpret_delivery(p_row.provider,
    core.add_route_topic(p_row.provider, p_row.headers, p_row.payload) - 'hookledger-topic',
    convert_to(p_row.payload::text, 'UTF8'), v_endpoint.settings, v_endpoint.hmac_pads);
  v_read.redacted_count := greatest(v_read.redacted_count, p_row.redacted_count);
  v.status := v_read.status;
  v.reason := v_read.reason;
  v_event := v_read.events[case p_row.position when 1 then 1 else cardinality(v_read.events) end];
  if v_read.status = 'dead' then
    v.dead := v_read.dead_letter;
  elsif v_read.status = 'accepted' and p_row.reason = 'refund_exceeds_sale' then
    v := core.reattempt_refund(p_tenant_id, p_row, v_event);
  elsif v_read.status = 'accepted' then
    if p_row.position > 0 then
      v_read.events :=
        array_fill(null::core.canonical_event, array[p_row.position - 1]) || v_event;
    end if;
    v_gate.outcome := 'failed';  -- no event id was promised
    v_delivery := row(p_row.provider, p_row.headers, v_read, v_gate)::core.delivery;
    v_gate := (core.record_deliveries(p_tenant_id, array[v_delivery]))[1];
    v.status := v_gate.status;
    v.event_id := v_gate.event_id;
    v.reason := v_gate.reason;
    if v.status = 'dead' or p_row.position > 0 then
      select d.stage, d.reason, d.sqlstate, d.message, d.detail
        into v_dead.stage, v_dead.reason, v_dead.sqlstate, v_dead.message, v_dead.detail
        from core.dead_events as d
       where d.tenant_id = p_tenant_id and d.receipt_id = p_row.receipt_id
         and d.last_failed_at >= v_started
         and case when p_row.position = 0 then d.position > 0
           else d.position = p_row.position end
       order by d.position
       limit 1;
      v.dead := v_dead;
    end if;
  end if;
  return v;
end
$function$;

comment on function core.reprocess_dead_event(
  uuid, core.webhook_dedup_events, core.dead_events) is
  'Reads and records a dead letter as if its webhook came now, under its own receipt';

-- One webhook of an endpoint that is known, of the tenant that is set: reads the payload, passes the
-- dedup gate, then records events and ledger or buries the delivery, all in the caller's
-- transaction. Whatever is wrong with the payload becomes a dead letter; what is raised is a wrong
-- call or a fault of the machine.
-- The payload is read before the gate because Stripe's delivery id stands in the body, and because
-- then the gate's one statement already writes the final receipt.
-- Locks, in this order: the proof, the gate row of the delivery, then of each event the sale, the
-- ledger entry, the state of its object, the event itself.
create or replace function core.ingest_delivery(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_provider text,
  p_settings jsonb,
  p_hmac_pads bytea[],
  p_headers jsonb,
  p_body bytea,
  p_verification text,
  out status text,
  out receipt_id uuid,
  out event_id uuid,
  out reason text
)
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_headers jsonb := core.lower_keys(p_headers);
  v_body bytea := coalesce(p_body, '');
  v_sha256 bytea := sha256(v_body);
  v_hash text := encode(v_sha256, 'hex');
  v_receipt_id uuid := core.uuid_v7();
  v_event_id uuid;
  v_delivery_key text;
  v_read core.interpretation;
  v_proof core.delivery_proofs;
  v_gate core.webhook_dedup_events;
  v_recorded record;
  v_outcome text := 'done';
begin
  if p_verification not in
    ('signature', 'requery', 'secret', 'postback', 'none', 'unverified') is not false
  then
    perform core.raise_error('invalid_verification');
  elsif current_setting('transaction_isolation') = 'repeatable read' then
    perform core.raise_error('wrong_isolation');
  end if;

  v_read := core.interpret_delivery(
    p_provider, v_headers, v_body, p_settings, p_hmac_pads);
  v_delivery_key := case when p_verification = 'unverified' then 'unverified:' else '' end
    || coalesce(v_read.delivery_key, concat_ws(':', 'body', v_read.topic, v_hash))
    || case when v_read.key_includes_body then '#' || v_hash else '' end;
  if v_read.proof_key is not null then
    v_proof := core.claim_proof(
      p_tenant_id, p_endpoint_id, v_read.proof_key, v_sha256, v_receipt_id);
    if v_proof.request_sha256 <> v_sha256 and v_read.status <> 'ignored' then
      v_read := core.mark_as_conflict(v_read, v_proof.receipt_id);
      v_delivery_key := v_delivery_key || '#' || v_hash;  -- the true delivery may still come
    end if;
  end if;
  if v_read.status = 'accepted' then
    v_event_id := core.uuid_v7();
  end if;
  v_gate := core.claim_delivery(
    p_tenant_id, p_endpoint_id, v_delivery_key, v_receipt_id, v_read.topic, v_sha256,
    octet_length(v_body), p_verification, v_read.status, v_event_id, v_read.reason);

  if v_gate.request_sha256 <> v_sha256 then
    -- Another body under a used delivery id: a delivery of its own, kept for a person to compare.
    if v_read.status <> 'ignored' then
      v_read := core.mark_as_conflict(v_read, v_gate.receipt_id);
    end if;
    v_gate := core.claim_delivery(
      p_tenant_id, p_endpoint_id, v_delivery_key || '#' || v_hash, v_receipt_id,
      v_read.topic, v_sha256, octet_length(v_body), p_verification, v_read.status, null,
      v_read.reason);
  end if;

  receipt_id := v_gate.receipt_id;
  if v_gate.receipt_id <> v_receipt_id and v_gate.outcome = 'done' then
    status := 'duplicate';
    event_id := v_gate.event_id;
    reason := v_gate.reason;
    if v_gate.status = 'dead' then
      perform core.sight_dead_events(p_tenant_id, v_gate.receipt_id);
    end if;
    return;
  end if;

  if v_gate.outcome = 'failed' then
    perform core.resolve_failed_events(p_tenant_id, receipt_id, 'redelivered');
  end if;
  status := v_read.status;
  reason := v_read.reason;
  if v_read.status = 'accepted' or v_read.is_batch then
    -- A dead batch is buried part by part.
    v_recorded := core.record_delivery(p_tenant_id, v_gate, p_provider, v_headers, v_read);
    status := v_recorded.status;
    event_id := v_recorded.event_id;
    reason := case when v_read.status = 'dead' then v_read.reason else v_recorded.reason end;
    v_outcome := v_recorded.outcome;
  elsif v_read.status = 'dead' then
    v_outcome := case when core.is_transient(v_read.reason) then 'failed' else 'done' end;
    perform core.bury_delivery(
      p_tenant_id, p_endpoint_id, receipt_id, 0, p_provider, v_read.topic,
      v_gate.delivery_key, p_verification, v_headers, v_sha256, octet_length(v_body),
      v_read.dead_letter);
  end if;

  if (v_gate.outcome, v_gate.status, v_gate.event_id, v_gate.reason)
    is distinct from (v_outcome, status, event_id, reason)
  then
    perform core.settle_delivery(
      p_tenant_id, p_endpoint_id, v_gate.delivery_key, v_outcome, status, event_id, reason);
  end if;
end
$function$;

comment on function core.ingest_delivery(
  uuid, uuid, text, jsonb, bytea[], jsonb, bytea, text) is
$doc$Takes one webhook of a known endpoint exactly once; tells its receipt, as api.ingest_webhook.
Raises: invalid_verification (HL008), wrong_isolation (HL009).$doc$;

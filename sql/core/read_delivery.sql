-- What a webhook says and the row of the gate that it wishes for: the receipt, should it be new.
-- Writes nothing but, where the provider signs a checksum only, the proof. Locks: the proof.
create or replace function core.read_delivery(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_provider text,
  p_settings jsonb,
  p_hmac_pads bytea[],
  p_headers jsonb,
  p_body bytea,
  p_verification text
)
  returns core.delivery
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_headers jsonb := core.lower_keys(p_headers);
  v_body bytea := coalesce(p_body, '');
  v_sha256 bytea := sha256(v_body);
  v_hash text := encode(v_sha256, 'hex');
  v_receipt_id uuid := core.uuid_v7();
  v_key text;
  v_read core.interpretation;
  v_proof core.delivery_proofs;
  v core.delivery;
begin
  if p_verification not in
    ('signature', 'requery', 'secret', 'postback', 'none', 'unverified') is not false
  then
    perform core.raise_error('invalid_verification');
  end if;
  v_read := core.interpret_delivery(p_provider, v_headers, v_body, p_settings, p_hmac_pads);
  v_key := case when p_verification = 'unverified' then 'unverified:' else '' end
    || coalesce(v_read.delivery_key, concat_ws(':', 'body', v_read.topic, v_hash))
    || case when v_read.key_includes_body then '#' || v_hash else '' end;
  if v_read.proof_key is not null then
    v_proof := core.claim_proof(
      p_tenant_id, p_endpoint_id, v_read.proof_key, v_sha256, v_receipt_id);
    if v_proof.request_sha256 <> v_sha256 and v_read.status <> 'ignored' then
      v_read := core.mark_as_conflict(v_read, v_proof.receipt_id);
      v_key := v_key || '#' || v_hash;  -- the true delivery may still come
    end if;
  end if;
  v.provider := p_provider;
  v.headers := v_headers;
  v.reading := v_read;
  v.gate := row(
    p_tenant_id, p_endpoint_id, v_key, v_receipt_id, v_read.topic, v_sha256, octet_length(v_body),
    p_verification, v_now, v_now, 1, 0, 'done', v_read.status,
    case when v_read.status = 'accepted' then core.uuid_v7() end, v_read.reason
  )::core.webhook_dedup_events;
  return v;
end
$function$;

comment on function core.read_delivery(
  uuid, uuid, text, jsonb, bytea[], jsonb, bytea, text) is
$doc$Reads a webhook of a known endpoint: its events, or why it has none, and its receipt if new.
Raises: invalid_verification (HL008).$doc$;

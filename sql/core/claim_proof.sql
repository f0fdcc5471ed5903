-- PayPal signs a CRC32 of the body: whoever holds one delivery can make another body for its
-- signature. So a signature is good for one body, the first that came with it.
-- Locks: the row of the proof, until the transaction ends.
create or replace function core.claim_proof(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_proof_key text,
  p_request_sha256 bytea,
  p_receipt_id uuid
)
  returns core.delivery_proofs
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_row core.delivery_proofs;
begin
  insert into core.delivery_proofs as p (
    tenant_id, endpoint_id, proof_key, request_sha256, receipt_id
  )
  values (p_tenant_id, p_endpoint_id, p_proof_key, p_request_sha256, p_receipt_id)
  on conflict (tenant_id, endpoint_id, proof_key) do update
    set receipt_id = p.receipt_id
  returning p.* into strict v_row;
  return v_row;
end
$function$;

comment on function core.claim_proof(uuid, uuid, text, bytea, uuid) is
  'Binds a signature to the first body that came with it; returns the row as it stands';

-- A granted call that is not made after all.
-- Locks: those of core.release_llm_reservation.
create or replace function api.release_llm_call(
  p_tenant_id uuid,
  p_request_id text,
  out status text,
  out model text,
  out reserved_micros bigint
)
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s'
  set enable_seqscan = off
as $function$
declare
  v_outcome core.llm_outcome;
begin
  perform core.set_tenant(p_tenant_id);
  v_outcome := core.release_llm_reservation(p_tenant_id, p_request_id);
  status := v_outcome.status;
  model := v_outcome.model;
  reserved_micros := v_outcome.reserved_micros;
end
$function$;

comment on function api.release_llm_call(uuid, text) is
$doc$Frees what a granted call holds that was not made. Released or expired already: no change.
Raises: HL075 llm_request_finished (it is settled), HL076 unknown_llm_request,
HL009 wrong_isolation; 55P03 where the budget is locked for 5 s.
Example: select * from api.release_llm_call(:tenant, 'explain-42');$doc$;

revoke all on function api.release_llm_call(uuid, text) from public;
grant execute on function api.release_llm_call(uuid, text)
  to hookledger_shim, hookledger_worker, hookledger_dba;

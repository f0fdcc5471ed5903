-- What a granted call really used. Never refused for being late or dear: it is spent.
-- Locks: those of core.settle_llm_reservation.
create or replace function api.settle_llm_call(
  p_tenant_id uuid,
  p_request_id text,
  p_input_tokens bigint,
  p_output_tokens bigint,
  out status text,
  out model text,
  out reserved_micros bigint,
  out settled_micros bigint,
  out is_late boolean,
  out exceeds_reservation boolean,
  out overdraws_budget boolean
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
  perform core.check_llm_call(
    p_request_id, 'any', p_input_tokens, p_output_tokens, interval '1 minute', null, null);
  v_outcome := core.settle_llm_reservation(
    p_tenant_id, p_request_id, p_input_tokens, p_output_tokens);
  status := v_outcome.status;
  model := v_outcome.model;
  reserved_micros := v_outcome.reserved_micros;
  settled_micros := v_outcome.settled_micros;
  is_late := v_outcome.is_late;
  exceeds_reservation := v_outcome.exceeds_reservation;
  overdraws_budget := v_outcome.overdraws_budget;
end
$function$;

comment on function api.settle_llm_call(uuid, text, bigint, bigint) is
$doc$Books what a granted call used, in full, at the prices of its decision, and frees the rest.
is_late: its reservation had expired or been released. exceeds_reservation: it cost more than was
reserved. overdraws_budget: with it a budget is beyond its cap. The same again changes nothing.
Raises: HL073 invalid_llm_call, HL074 llm_request_conflict (settled with other tokens),
HL076 unknown_llm_request, HL009 wrong_isolation; 55P03 where the budget is locked for 5 s.
Example: select * from api.settle_llm_call(:tenant, 'explain-42', 1187, 512);$doc$;

revoke all on function api.settle_llm_call(uuid, text, bigint, bigint) from public;
grant execute on function api.settle_llm_call(uuid, text, bigint, bigint)
  to hookledger_shim, hookledger_worker, hookledger_dba;

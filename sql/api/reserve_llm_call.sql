-- May this call be made? The answer is a reservation: what the call may cost at most is held until
-- it is settled, released or too old. Call it in a transaction of its own: until that commits every
-- other decision of the tenant waits.
-- enable_seqscan: a plan that a session made while a table was empty would read all of it later.
-- Locks: those of core.decide_llm_call. Whoever waits five seconds for them is refused (55P03).
create or replace function api.reserve_llm_call(
  p_tenant_id uuid,
  p_request_id text,
  p_model text,
  p_input_tokens bigint,
  p_max_output_tokens bigint,
  p_ttl interval default '10 minutes',
  p_purpose text default null,
  p_correlation_id text default null,
  out action text,
  out model text,
  out estimated_micros bigint,
  out expires_at timestamptz,
  out resets_at timestamptz,
  out reason text,
  out audit_id uuid
)
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s'
  set enable_seqscan = off
as $function$
declare
  v_decision core.llm_decision;
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_llm_call(
    p_request_id, p_model, p_input_tokens, p_max_output_tokens, p_ttl, p_purpose,
    p_correlation_id);
  v_decision := core.decide_llm_call(
    p_tenant_id, p_request_id, p_model, p_input_tokens, p_max_output_tokens, p_ttl, p_purpose,
    p_correlation_id);
  action := v_decision.action;
  model := v_decision.model;
  estimated_micros := v_decision.estimated_micros;
  expires_at := v_decision.expires_at;
  resets_at := v_decision.resets_at;
  reason := v_decision.reason;
  audit_id := v_decision.audit_id;
end
$function$;

comment on function api.reserve_llm_call(
  uuid, text, text, bigint, bigint, interval, text, text) is
$doc$Decides whether a model may be called: action ALLOW, FALLBACK (another model) or BLOCK.
What was granted holds estimated_micros until it is settled, released or expires. BLOCK tells its
reason and, where waiting helps, resets_at; it binds nothing, so the same id may ask again. The same
id and arguments get the same grant as long as it is held.
Raises: HL002 unknown_tenant, HL073 invalid_llm_call, HL074 llm_request_conflict,
HL075 llm_request_finished, HL009 wrong_isolation; 55P03 where the budget is locked for 5 s.
Example: select * from api.reserve_llm_call(
  :tenant, 'explain-42', 'large-1', 1200, 800, '5 minutes', 'explanations');$doc$;

revoke all on function api.reserve_llm_call(
  uuid, text, text, bigint, bigint, interval, text, text) from public;
grant execute on function api.reserve_llm_call(
  uuid, text, text, bigint, bigint, interval, text, text)
  to hookledger_shim, hookledger_worker, hookledger_dba;

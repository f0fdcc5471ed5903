-- A request id that is known: the same call gets the same answer as long as what it reserved is
-- held. Another call under it is refused; so is one that has ended, because nothing is reserved any
-- more that a second call could be paid from.
create or replace function core.repeat_llm_decision(
  p_known core.llm_reservations,
  p_model text,
  p_input_tokens bigint,
  p_max_output_tokens bigint,
  p_ttl interval,
  p_purpose text,
  p_now timestamptz
)
  returns core.llm_decision
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_answer core.llm_decision;
begin
  if (p_known.requested_model, p_known.input_tokens, p_known.max_output_tokens, p_known.ttl,
      p_known.purpose)
    is distinct from (p_model, p_input_tokens, p_max_output_tokens, p_ttl, p_purpose)
  then
    perform core.raise_error('llm_request_conflict', 'audit_id ' || p_known.audit_id);
  elsif p_known.status <> 'reserved' or p_known.expires_at <= p_now then
    perform core.raise_error('llm_request_finished', 'audit_id ' || p_known.audit_id);
  end if;
  v_answer.action := p_known.action;
  v_answer.model := p_known.model;
  v_answer.estimated_micros := p_known.reserved_micros;
  v_answer.expires_at := p_known.expires_at;
  v_answer.reason := p_known.reason;
  v_answer.audit_id := p_known.audit_id;
  return v_answer;
end
$function$;

comment on function core.repeat_llm_decision(
  core.llm_reservations, text, bigint, bigint, interval, text, timestamptz) is
  'The answer a request id got, while its reservation is held; else HL074 or HL075';

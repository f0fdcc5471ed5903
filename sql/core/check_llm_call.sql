-- What a caller says of a call. Names are plain and hold nothing shaped like personal data, because
-- they are kept in the audit; numbers are within bounds that no arithmetic here leaves.
create or replace function core.check_llm_call(
  p_request_id text,
  p_model text,
  p_input_tokens bigint,
  p_output_tokens bigint,
  p_ttl interval,
  p_purpose text,
  p_correlation_id text
)
  returns void
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_bad text := case
    when p_request_id is null or not core.is_plain_name(p_request_id)
      or position('/' in p_request_id) > 0 then 'p_request_id'
    when p_model is null or not core.is_plain_name(p_model) then 'p_model'
    when p_input_tokens between 0 and 1000000000 is not true then 'p_input_tokens'
    when p_output_tokens between 0 and 1000000000 is not true then 'output tokens'
    when p_ttl between interval '1 second' and interval '1 day' is not true then 'p_ttl'
    when not core.is_plain_name(p_purpose) then 'p_purpose'
    when not core.is_plain_name(p_correlation_id) then 'p_correlation_id'
  end;
begin
  if v_bad is not null then
    perform core.raise_error('invalid_llm_call', v_bad);
  end if;
end
$function$;

comment on function core.check_llm_call(text, text, bigint, bigint, interval, text, text) is
  'Refuses a call that is not stated properly with HL073, naming the argument';

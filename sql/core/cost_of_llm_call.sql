-- Whole millionths, rounded up, in arithmetic that cannot overflow. Null where no bigint holds it.
create or replace function core.cost_of_llm_call(
  p_input_tokens bigint,
  p_output_tokens bigint,
  p_input_micros bigint,
  p_output_micros bigint
)
  returns bigint
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_cost numeric := div(
    p_input_tokens::numeric * p_input_micros + p_output_tokens::numeric * p_output_micros + 999999,
    1000000);
begin
  return case when v_cost <= 9223372036854775807 then v_cost::bigint end;
end
$function$;

comment on function core.cost_of_llm_call(bigint, bigint, bigint, bigint) is
  'Cost of so many tokens at these prices per million, rounded up; null where beyond a bigint';

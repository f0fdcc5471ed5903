-- How long a circuit stays open: a minute unless the policy says otherwise.
create or replace function core.llm_circuit_time(p_policy jsonb)
  returns interval
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select coalesce((p_policy ->> 'circuit_seconds')::integer, 60) * interval '1 second'
$function$;

comment on function core.llm_circuit_time(jsonb) is 'How long a circuit of this policy stays open';

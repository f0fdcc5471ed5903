-- How many members an object has: before and after dropping declared paths, their difference is
-- what is reported as redacted.
create or replace function core.count_keys(p_object jsonb)
  returns integer
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  -- One expression: a query would cost a start of the executor.
  return jsonb_array_length(jsonb_path_query_array(p_object, 'strict $.*.type()'));
end
$function$;

comment on function core.count_keys(jsonb) is 'The number of members of an object';

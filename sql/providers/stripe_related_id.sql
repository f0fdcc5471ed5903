-- Stripe gives a related object as its id or, expanded, as the whole object; only the id is of use.
create or replace function core.stripe_related_id(p_value jsonb)
  returns jsonb
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return case jsonb_typeof(p_value) when 'object' then p_value -> 'id' when 'null' then null else p_value end;
end
$function$;

comment on function core.stripe_related_id(jsonb) is 'The id of a related object, whether expanded or not; null for JSON null';

-- The exact test of the guard triggers: the fast scan, then the walk where that sees something.
create or replace function core.contains_pii(p_value jsonb)
  returns boolean
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return p_value is not null and core.looks_like_pii(p_value::text)
    and core.redact_json(p_value) <> p_value;
end
$function$;

comment on function core.contains_pii(jsonb) is
  'Whether a document holds personal data, by key or by shape';

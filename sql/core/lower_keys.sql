-- Header names are case-insensitive (RFC 9110): the normalisers read them in lower case.
create or replace function core.lower_keys(p_headers jsonb)
  returns jsonb
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if jsonb_typeof(p_headers) is distinct from 'object' then
    return '{}'::jsonb;
  elsif not jsonb_path_exists(p_headers, '$.keyvalue().key ? (@ like_regex "[^a-z0-9_-]")') then
    return p_headers;  -- as the shim sends them
  end if;
  return coalesce(
    (select jsonb_object_agg(lower(h.key), h.value) from jsonb_each(p_headers) as h), '{}');
end
$function$;

comment on function core.lower_keys(jsonb) is
  'An object with its top-level keys in lower case; {} for anything else';

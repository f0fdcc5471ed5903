-- The settings an endpoint may have, in one place. Unknown keys are refused, so a typing error
-- cannot quietly leave the default in force.
create or replace function core.check_endpoint_settings(p_provider text, p_settings jsonb)
  returns void
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_key text;
begin
  if p_settings is null or jsonb_typeof(p_settings) <> 'object' then
    perform core.raise_error('invalid_setting', 'settings must be a JSON object');
  end if;
  select s.key into v_key
    from jsonb_each(p_settings) as s
    left join core.endpoint_settings() as k
      on k.key = s.key and (k.provider is null or k.provider = p_provider)
   where k.key is null
      or jsonb_typeof(s.value) <> 'string'
      or (s.value #>> '{}') !~ k.pattern
   order by s.key
   limit 1;
  if found then
    perform core.raise_error('invalid_setting', 'key ' || left(v_key, 63));
  end if;
end
$function$;

comment on function core.check_endpoint_settings(text, jsonb) is
  'Refuses unknown keys and values with HL005, naming the key';

-- A provider exists when its normaliser does (sql/providers).
create or replace function core.check_provider(p_provider text)
  returns void
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if p_provider !~ '^[a-z][a-z0-9_]{0,30}$' is not false
    or to_regprocedure(format('core.normalize_%I(jsonb, jsonb, jsonb)', p_provider)) is null
  then
    perform core.raise_error('unknown_provider');
  end if;
end
$function$;

comment on function core.check_provider(text) is 'Raises HL003 for a provider that does not exist';

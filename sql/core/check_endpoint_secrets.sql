-- An endpoint without a secret could verify nothing; a blank one would sign with an empty key.
create or replace function core.check_endpoint_secrets(p_secrets text[])
  returns void
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if coalesce(cardinality(p_secrets), 0) not between 1 and 10
    or exists (select from unnest(p_secrets) as s (secret) where coalesce(btrim(s.secret), '') = '')
  then
    perform core.raise_error('invalid_secrets');
  end if;
end
$function$;

comment on function core.check_endpoint_secrets(text[]) is
  'Refuses anything but one to ten secrets with HL004';

-- The advisory lock between those who mark days and a recompute (core.wait_for_marks).
create or replace function core.lock_of_marks(p_tenant_id uuid)
  returns bigint
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return hashtextextended('marks of ' || p_tenant_id, 0);
end
$function$;

comment on function core.lock_of_marks(uuid) is
  'The advisory lock of whoever marks days of a tenant';

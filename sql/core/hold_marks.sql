-- Taken, shared and until the transaction ends, before it is looked which days to mark.
create or replace function core.hold_marks(p_tenant_id uuid)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if pg_advisory_xact_lock_shared(core.lock_of_marks(p_tenant_id)) is null then
    return;
  end if;
end
$function$;

comment on function core.hold_marks(uuid) is
  'Tells a recompute that this transaction is about to look which days to mark';

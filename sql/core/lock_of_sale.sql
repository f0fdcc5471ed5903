-- The advisory lock on a sale, so that it and its refunds and disputes see each other's entries.
create or replace function core.lock_of_sale(p_tenant_id uuid, p_event core.canonical_event)
  returns bigint
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return hashtextextended(concat_ws(':', p_tenant_id, p_event.provider,
    coalesce(p_event.parent_object_id, p_event.object_id)), 0);
end
$function$;

comment on function core.lock_of_sale(uuid, core.canonical_event) is
  'The advisory lock of the sale that a sale, refund or dispute is about';

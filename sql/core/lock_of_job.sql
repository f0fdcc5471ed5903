-- The advisory lock that stands between those who mark a key (shared, until they commit) and those
-- who claim it (exclusive): see core.enqueue_job.
create or replace function core.lock_of_job(p_tenant_id uuid, p_task text, p_key text)
  returns bigint
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return hashtextextended('core.jobs ' || p_tenant_id || ' ' || p_task || ' ' || p_key, 0);
end
$function$;

comment on function core.lock_of_job(uuid, text, text) is
  'The advisory lock of a tenant''s task and key';

-- Waits until the webhooks of a tenant that may have looked for sales before these were committed
-- end: whoever marks days holds one advisory lock, shared, from before it looks until the end
-- of its transaction. They are awaited by name and not by taking the lock, so nobody waits for a
-- recompute, and webhooks that begin meanwhile see the sales themselves. Five seconds at most: a
-- transaction that somebody left open must not stop everything.
create or replace function core.wait_for_marks(p_tenant_id uuid)
  returns boolean
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_key bigint := core.lock_of_marks(p_tenant_id);
  v_until timestamptz := clock_timestamp() + interval '5 seconds';
  v_pending text[];
begin
  loop
    v_pending := array(
      select l.virtualtransaction
        from pg_locks as l
       where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
         and l.database = (select d.oid from pg_database as d where d.datname = current_database())
         and l.classid = ((v_key >> 32) & 4294967295)::oid
         and l.objid = (v_key & 4294967295)::oid and l.pid <> pg_backend_pid()
         and (v_pending is null or l.virtualtransaction = any (v_pending)));
    exit when cardinality(v_pending) = 0 or clock_timestamp() > v_until;
    perform pg_sleep(0.01);
  end loop;
  return cardinality(v_pending) = 0;
end
$function$;

comment on function core.wait_for_marks(uuid) is
  'Waits for the webhooks in flight that may not have seen the latest sales; '
  'false: some are still there after five seconds';

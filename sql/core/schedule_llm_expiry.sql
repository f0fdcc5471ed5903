-- Asks the housekeeping queue to end reservations that nobody settled. Nothing depends on it: it
-- only keeps what an idle tenant shows true, so it may come a minute late and take many at once.
-- Locks: as core.enqueue_job.
create or replace function core.schedule_llm_expiry(p_tenant_id uuid, p_at timestamptz)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if to_regproc('core.enqueue_job') is not null then
    execute 'select core.enqueue_job($1, $2, $3, $4, $5, $6)'
      using p_tenant_id, 'housekeeping', 'expire_llm_reservations', 'all', jsonb '{}',
        p_at + interval '1 minute';
  end if;
end
$function$;

comment on function core.schedule_llm_expiry(uuid, timestamptz) is
  'Asks for the task expire_llm_reservations after that time, unless it is asked for already';

-- Asks the housekeeping queue to end reservations that nobody settled. Nothing depends on it: it
-- only keeps what an idle tenant shows true, so it comes a minute late and takes many at once.
-- Locks: as core.enqueue_job.
create or replace function core.schedule_llm_expiry(p_tenant_id uuid, p_expires_at timestamptz)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  perform core.enqueue_job(
    p_tenant_id, 'housekeeping', 'expire_llm_reservations', 'all', '{}',
    p_expires_at + interval '1 minute');
end
$function$;

comment on function core.schedule_llm_expiry(uuid, timestamptz) is
  'Asks for the task expire_llm_reservations after that time, unless it is asked for already';

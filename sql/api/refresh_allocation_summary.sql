-- Refreshes the summary of all tenants. Only the owner of a materialized view may, and its query
-- runs as that owner: so it is the operator, whose policy on core.allocation_day_sums lets it read
-- every tenant's sums. Readers are not blocked. The snapshot is taken before: a refresh may have
-- seen more than it says, never less.
-- Locks: an advisory lock against other refreshes, then the summary, then the row of
-- core.summary_refreshes.
set local role hookledger_operator;

create or replace function api.refresh_allocation_summary()
  returns timestamptz
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_started timestamptz;
  v_ended timestamptz;
  v_snapshot pg_snapshot;
begin
  perform pg_advisory_xact_lock(hashtextextended('refresh of the summary', 0));
  v_started := clock_timestamp();
  v_snapshot := pg_current_snapshot();
  refresh materialized view concurrently core.mv_allocation_summary;
  v_ended := clock_timestamp();
  insert into core.summary_refreshes as r (refreshed_at, snapshot, duration)
  values (v_started, v_snapshot, v_ended - v_started)
  on conflict (is_the_only_row) do update
    set refreshed_at = excluded.refreshed_at,
        snapshot = excluded.snapshot,
        duration = excluded.duration,
        refresh_count = r.refresh_count + 1;
  return v_started;
end
$function$;

comment on function api.refresh_allocation_summary() is
$doc$Refreshes core.mv_allocation_summary, the daily sums of all tenants; returns as of when.
A job does so after recomputes that changed a daily sum. api.allocation_summary waits for none.
Raises: nothing.
Example: select api.refresh_allocation_summary();$doc$;

revoke all on function api.refresh_allocation_summary() from public;
grant execute on function api.refresh_allocation_summary() to hookledger_owner, hookledger_dba;

-- Refreshes core.mv_allocation_summary, unless a refresh since has seen all of this tenant's sums:
-- one refresh serves all tenants that ask for it meanwhile. Told by transaction ids and not by
-- times, because a transaction may commit long after it looked at the clock. A refresh reads the
-- sums of all tenants and days: it is put off so that refreshes take no more than a tenth of the
-- time.
create or replace function core.job_refresh_summary(p_tenant_id uuid, p_args jsonb)
  returns jsonb
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_last core.summary_refreshes;
  v_not_before timestamptz;
begin
  select r.* into v_last from core.summary_refreshes as r;
  if not exists (
    select
      from core.attribution_recompute_jobs as j
     where j.tenant_id = p_tenant_id
       and not coalesce(pg_visible_in_snapshot(j.summed_by, v_last.snapshot), j.summed_by is null))
  then
    return jsonb_build_object('refreshed', false);
  end if;
  v_not_before := v_last.refreshed_at + 10 * v_last.duration;
  if v_not_before > clock_timestamp() and v_last.duration > interval '1 second' then
    perform core.enqueue_job(
      p_tenant_id, 'attribution', 'refresh_summary', 'all', '{}', v_not_before);
    return jsonb_build_object('put_off_until', v_not_before);
  end if;
  perform api.refresh_allocation_summary();
  return jsonb_build_object('refreshed', true);
end
$function$;

comment on function core.job_refresh_summary(uuid, jsonb) is
  'Refreshes core.mv_allocation_summary where it has not seen all sums of the tenant';

select core.build_job_dispatch();

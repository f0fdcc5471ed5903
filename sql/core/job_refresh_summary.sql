-- Refreshes the summary, unless a refresh since has seen all of this tenant's sums: one refresh
-- serves all tenants that ask for it meanwhile. Told by transaction ids and not by times, because a
-- transaction may commit long after it looked at the clock.
create or replace function core.job_refresh_summary(p_tenant_id uuid, p_args jsonb)
  returns jsonb
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if not exists (
    select
      from core.attribution_recompute_jobs as j
     where j.tenant_id = p_tenant_id
       and not coalesce(pg_visible_in_snapshot(j.summed_by,
         (select r.snapshot from core.summary_refreshes as r)), j.summed_by is null))
  then
    return jsonb_build_object('refreshed', false);
  end if;
  perform api.refresh_allocation_summary();
  return jsonb_build_object('refreshed', true);
end
$function$;

comment on function core.job_refresh_summary(uuid, jsonb) is
  'Refreshes core.mv_allocation_summary where it has not seen all sums of the tenant';

select core.build_job_dispatch();

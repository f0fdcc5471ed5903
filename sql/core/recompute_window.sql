-- Computes a window's allocations anew by some models, all from one reading of the journeys.
-- A refund needs its sale's allocation: days of such sales that were never computed are, first.
-- Afterwards the refunds of changed sales on other days are marked, as is the summary.
-- Whatever window computes an entry's allocations, they stand once per entry, model and version, so
-- overlapping windows count nothing twice; what another window said of them is overwritten.
-- Locks: one recompute of a tenant at a time (advisory), then the rows of its jobs.
create or replace function core.recompute_window(
  p_tenant_id uuid,
  p_window_start timestamptz,
  p_window_end timestamptz,
  p_models text[],
  p_model_version integer
)
  returns setof core.attribution_recompute_jobs
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
  set work_mem = '64MB'
  set jit = off
  set plan_cache_mode = force_custom_plan
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_day timestamptz;
  v_changed uuid[];
  v_xid xid8;
  v_is_summed boolean := false;
  v_counts record;
begin
  perform pg_advisory_xact_lock(hashtextextended('recompute ' || p_tenant_id, 0));
  insert into core.attribution_recompute_jobs as j (
    tenant_id, window_start, window_end, model, model_version, status, started_at
  )
  select p_tenant_id, p_window_start, p_window_end, m.model, p_model_version, 'running', v_now
    from unnest(p_models) as m (model)
   order by m.model
  on conflict (tenant_id, window_start, window_end, model, model_version) do update
    set run_count = j.run_count + 1, status = 'running', started_at = excluded.started_at;

  v_changed := core.allocate_sales(
    p_tenant_id, p_window_start, p_window_end, p_models, p_model_version);
  for v_day in
    select distinct date_trunc('day', r.sale_at, 'UTC')
      from core.reversals(p_tenant_id, p_window_start, p_window_end) as r
     where (r.sale_at < p_window_start or r.sale_at >= p_window_end)
       and cardinality(p_models) > (
         select count(distinct a.model)
           from core.attribution_allocations as a
          where a.tenant_id = p_tenant_id and a.model = any (p_models)
            and a.model_version = p_model_version and a.occurred_at = r.sale_at
            and a.event_id = r.sale_event_id and a.kind = 'sale')
     order by 1
  loop
    v_changed := v_changed || core.allocate_sales(
      p_tenant_id, v_day, v_day + interval '24 hours', p_models, p_model_version);
    v_is_summed := core.sum_allocation_days(
      p_tenant_id, v_day, v_day + interval '24 hours', p_models, p_model_version) or v_is_summed;
  end loop;
  perform core.allocate_reversals(
    p_tenant_id, p_window_start, p_window_end, p_models, p_model_version);
  v_is_summed := core.sum_allocation_days(
    p_tenant_id, p_window_start, p_window_end, p_models, p_model_version) or v_is_summed;
  if v_is_summed then
    v_xid := pg_current_xact_id();
    perform core.enqueue_job(p_tenant_id, 'attribution', 'refresh_summary', 'all');
  end if;
  perform core.mark_refunds_dirty(p_tenant_id, v_changed, p_window_start, p_window_end);

  select
      (select count(*) from core.conversions(p_tenant_id, p_window_start, p_window_end)) as sales,
      count(*) filter (where r.sale_at is not null) as reversals,
      count(*) filter (where r.sale_at is null) as waiting
    into v_counts
    from core.reversals(p_tenant_id, p_window_start, p_window_end) as r;
  v_now := clock_timestamp();
  return query
  update core.attribution_recompute_jobs as j
     set status = 'succeeded', checksum = c.checksum, allocation_count = c.allocation_count,
         sale_count = v_counts.sales, reversal_count = v_counts.reversals,
         waiting_count = v_counts.waiting, finished_at = v_now,
         summed_by = coalesce(v_xid, j.summed_by)
    from unnest(p_models) as m (model)
   cross join lateral core.allocation_checksum(
     p_tenant_id, p_window_start, p_window_end, m.model, p_model_version) as c
   where j.tenant_id = p_tenant_id and j.window_start = p_window_start
     and j.window_end = p_window_end and j.model = m.model
     and j.model_version = p_model_version
  returning j.*;
end
$function$;

comment on function core.recompute_window(uuid, timestamptz, timestamptz, text[], integer) is
  'Computes a window''s allocations by some models; the rows of its jobs';

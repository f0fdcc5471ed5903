-- The job of one UTC day, by all models. A day that took long is not computed again at once,
-- however often it is marked: no more than a quarter of a worker's time goes to one tenant's busy
-- day. Where webhooks are still in flight that may tell more of the day, it is computed once more
-- later.
create or replace function core.job_recompute_window(p_tenant_id uuid, p_args jsonb)
  returns jsonb
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_day date := (p_args ->> 'day')::date;
  v_start timestamptz := v_day::timestamp at time zone 'UTC';
  v_end timestamptz := (v_day + 1)::timestamp at time zone 'UTC';
  v_not_before timestamptz;
  v_result jsonb;
begin
  if not exists (
      select
        from core.attribution_events as e
       where e.tenant_id = p_tenant_id and e.kind in ('sale', 'refund')
         and e.occurred_at >= v_start and e.occurred_at < v_end)
  then
    return jsonb_build_object('sales', 0);  -- events are never removed, so nothing stands there
  end if;
  select max(j.finished_at + 3 * (j.finished_at - j.started_at)) into v_not_before
    from core.attribution_recompute_jobs as j
   where j.tenant_id = p_tenant_id and j.window_start = v_start and j.window_end = v_end
     and j.finished_at - j.started_at > interval '1 second';
  if v_not_before > clock_timestamp() then
    perform core.mark_days_dirty(p_tenant_id, array[v_day], v_not_before);
    return jsonb_build_object('put_off_until', v_not_before);
  end if;
  if not core.wait_for_marks(p_tenant_id) then
    perform core.mark_days_dirty(
      p_tenant_id, array[v_day], clock_timestamp() + interval '30 seconds');
  end if;
  select jsonb_build_object(
      'sales', max(j.sale_count), 'reversals', max(j.reversal_count),
      'waiting', max(j.waiting_count), 'allocations', sum(j.allocation_count))
    into v_result
    from core.recompute_window(p_tenant_id, v_start, v_end, core.attribution_models(), 1) as j;
  return v_result;
end
$function$;

comment on function core.job_recompute_window(uuid, jsonb) is
  'Computes the allocations of the UTC day that args.day names, by every model';

select core.build_job_dispatch();

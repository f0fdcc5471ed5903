-- One pending job per day, in the order of the days so that two who mark the same ones do not
-- deadlock. The usual single day needs no sorting.
create or replace function core.mark_days_dirty(
  p_tenant_id uuid,
  p_days date[],
  p_run_at timestamptz default null
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_run_at timestamptz := coalesce(p_run_at, clock_timestamp());  -- pulls forward what waits
  v_days date[] := p_days;
  v_day date;
begin
  if cardinality(p_days) > 1 then
    v_days := array(select distinct d.day from unnest(p_days) as d (day) order by d.day);
  end if;
  foreach v_day in array coalesce(v_days, array[]::date[]) loop
    perform core.enqueue_job(p_tenant_id, 'attribution', 'recompute_window', v_day::text,
      jsonb_build_object('day', v_day), v_run_at);
  end loop;
end
$function$;

comment on function core.mark_days_dirty(uuid, date[], timestamptz) is
  'Has the allocations of these UTC days computed again';

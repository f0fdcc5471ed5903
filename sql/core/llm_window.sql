-- The window of a budget at a moment. A day and a month are those of the policy's time zone: their
-- bucket is named by local midnight, so a day of 23 or 25 hours is one bucket and ends where the
-- next begins. A rolling window is counted in slices of UTC; the oldest counts until all of it is
-- out, so never too little counts. 30 days are 720 hours, whatever a session's time zone does.
create or replace function core.llm_window(
  p_period text,
  p_policy jsonb,
  p_at timestamptz,
  out counts_from timestamptz,
  out bucket_start timestamptz,
  out resets_at timestamptz
)
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_zone text;
  v_local timestamp;
  v_slice interval;
  v_window interval;
begin
  if p_period = 'rolling' then
    if p_policy ->> 'window' = '30d' then
      v_slice := interval '6 hours';
      v_window := interval '720 hours';
    else
      v_slice := interval '15 minutes';
      v_window := interval '24 hours';
    end if;
    bucket_start := date_bin(v_slice, p_at, timestamptz '2000-01-01 00:00:00+00');
    counts_from := date_bin(v_slice, p_at - v_window, timestamptz '2000-01-01 00:00:00+00');
    resets_at := bucket_start + v_slice + v_window;
  else
    v_zone := coalesce(p_policy ->> 'timezone', 'UTC');
    v_local := date_trunc(p_period, p_at at time zone v_zone);
    bucket_start := v_local at time zone v_zone;
    counts_from := bucket_start;
    resets_at := (v_local + ('1 ' || p_period)::interval) at time zone v_zone;
  end if;
end
$function$;

comment on function core.llm_window(text, jsonb, timestamptz) is
  'What counts at a moment: buckets from counts_from to bucket_start; by resets_at all are out';

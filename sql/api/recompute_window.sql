create or replace function api.recompute_window(
  p_tenant_id uuid,
  p_window_start timestamptz,
  p_window_end timestamptz,
  p_model text default null,
  p_model_version integer default 1
)
  returns setof core.attribution_recompute_jobs
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_tenant_exists(p_tenant_id);
  if (p_window_start >= '2000-01-01 00:00:00+00' and p_window_end <= '2100-01-01 00:00:00+00'
    and p_window_start < p_window_end) is not true
  then
    perform core.raise_error('invalid_window');
  elsif p_model <> all (core.attribution_models()) then
    perform core.raise_error('unknown_model');
  elsif p_model_version is distinct from 1 then
    perform core.raise_error('unknown_model_version', format('model_version %s', p_model_version));
  end if;
  perform core.wait_for_marks(p_tenant_id);
  return query
  select j.*
    from core.recompute_window(p_tenant_id, p_window_start, p_window_end,
      case when p_model is null then core.attribution_models() else array[p_model] end,
      p_model_version) as j;
end
$function$;

comment on function api.recompute_window(uuid, timestamptz, timestamptz, text, integer) is
$doc$Computes a window's allocations anew; returns its job row, of each model where p_model is null.
The window is [p_window_start, p_window_end) by the time of the sale or refund. The same facts give
the same rows and the same checksum; run_count tells how often it ran. Two callers run in turn.
Raises: HL002 unknown_tenant, HL040 invalid_window, HL041 unknown_model,
HL042 unknown_model_version.
Example: select * from api.recompute_window(
  :tenant, '2026-03-01 00:00Z', '2026-04-01 00:00Z', 'linear', 1);$doc$;

revoke all on function api.recompute_window(uuid, timestamptz, timestamptz, text, integer)
  from public;
grant execute on function api.recompute_window(uuid, timestamptz, timestamptz, text, integer)
  to hookledger_dba;

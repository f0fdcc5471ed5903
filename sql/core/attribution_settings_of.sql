-- A tenant's settings, or the defaults where it has set nothing.
create or replace function core.attribution_settings_of(p_tenant_id uuid)
  returns core.attribution_settings
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v core.attribution_settings;
begin
  select s.* into v from core.attribution_settings as s where s.tenant_id = p_tenant_id;
  v.lookback_days := coalesce(v.lookback_days, 30);
  v.half_life_days := coalesce(v.half_life_days, 7);
  v.first_weight := coalesce(v.first_weight, 40);
  v.middle_weight := coalesce(v.middle_weight, 20);
  v.last_weight := coalesce(v.last_weight, 40);
  return v;
end
$function$;

comment on function core.attribution_settings_of(uuid) is
  'Lookback, half-life and position weights of a tenant';

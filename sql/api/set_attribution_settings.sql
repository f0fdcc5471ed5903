create or replace function api.set_attribution_settings(p_tenant_id uuid, p_settings jsonb)
  returns core.attribution_settings
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v core.attribution_settings;
  v_key text;
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_tenant_exists(p_tenant_id);
  if jsonb_typeof(p_settings) is distinct from 'object' then
    perform core.raise_error('invalid_setting', 'settings must be a JSON object');
  end if;
  select s.key into v_key
    from jsonb_each(p_settings) as s
   where s.key not in (
       'lookback_days', 'half_life_days', 'first_weight', 'middle_weight', 'last_weight')
      or case when jsonb_typeof(s.value) = 'number'
           then (s.value #>> '{}')::numeric not between 0.04 and 366
             or s.key <> 'half_life_days' and (s.value #>> '{}')::numeric % 1 <> 0
           else true end
   order by s.key
   limit 1;
  if found then
    perform core.raise_error('invalid_setting', 'key ' || left(v_key, 63));
  end if;

  v := jsonb_populate_record(core.attribution_settings_of(p_tenant_id), p_settings);
  if v.first_weight + v.middle_weight + v.last_weight <> 100
    or least(v.first_weight, v.middle_weight, v.last_weight) < 1
  then
    perform core.raise_error('invalid_setting', 'the three weights must sum to 100');
  end if;
  insert into core.attribution_settings (
    tenant_id, lookback_days, half_life_days, first_weight, middle_weight, last_weight, changed_at
  )
  values (
    p_tenant_id, v.lookback_days, v.half_life_days, v.first_weight, v.middle_weight,
    v.last_weight, v_now
  )
  on conflict (tenant_id) do update
    set lookback_days = excluded.lookback_days,
        half_life_days = excluded.half_life_days,
        first_weight = excluded.first_weight,
        middle_weight = excluded.middle_weight,
        last_weight = excluded.last_weight,
        changed_at = excluded.changed_at
  returning * into strict v;
  return v;
end
$function$;

comment on function api.set_attribution_settings(uuid, jsonb) is
$doc$Sets how a tenant's revenue is attributed; what is not named stays. Returns all settings.
lookback_days (30): 1 to 366; half_life_days (7): 0.04 to 366, for time_decay; first_weight,
middle_weight, last_weight (40, 20, 40): per cent, for position_based. It counts from the next
recompute of a window on; past ones are not marked.
Raises: HL002 unknown_tenant, HL005 invalid_setting.
Example: select api.set_attribution_settings(:tenant, '{"lookback_days": 60}');$doc$;

revoke all on function api.set_attribution_settings(uuid, jsonb) from public;
grant execute on function api.set_attribution_settings(uuid, jsonb) to hookledger_dba;

-- The channel alone, for a caller that has set the tenant. For very many touches fetch the rules
-- once (core.channel_rules_in_force) and ask core.channel_by_rules: reading them is half the time.
create or replace function core.event_channel(
  p_tenant_id uuid,
  p_channel text,
  p_utm_source text,
  p_utm_medium text,
  p_utm_campaign text,
  p_referrer text,
  p_landing_page text,
  p_provider text
)
  returns text
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return (core.channel_by_rules(
    core.channel_rules_in_force(p_tenant_id), p_channel, p_utm_source, p_utm_medium, p_utm_campaign,
    p_referrer, p_landing_page, p_provider)).channel_code;
end
$function$;

comment on function core.event_channel(uuid, text, text, text, text, text, text, text) is
  'The channel of a touch by the rules in force: core.normalize_channel without its reasons';

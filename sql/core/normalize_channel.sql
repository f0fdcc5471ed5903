-- core.channel_by_rules with the rules that are in force for the tenant, which its caller has set.
-- Nothing is stored: whoever asks again after a change of rules gets the new answer.
create or replace function core.normalize_channel(
  p_tenant_id uuid,
  p_channel text,
  p_utm_source text,
  p_utm_medium text,
  p_utm_campaign text,
  p_referrer text,
  p_landing_page text,
  p_provider text,
  out channel_code text,
  out decided_by text,
  out rule_name text,
  out rule_version integer,
  out source text,
  out medium text,
  out campaign text,
  out referrer_host text
)
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select c.*
    from core.channel_by_rules(
      core.channel_rules_in_force(p_tenant_id), p_channel, p_utm_source, p_utm_medium,
      p_utm_campaign, p_referrer, p_landing_page, p_provider) as c
$function$;

comment on function core.normalize_channel(uuid, text, text, text, text, text, text, text) is
  'The channel of a touch, what decided it (event, tenant, default, nothing), and the rule';

-- Which channel a touch belongs to, and why. In this order: a channel of the taxonomy that the
-- event states itself; the tenant's own rules; a stated text that is no channel (unassigned);
-- nothing at all (direct); the rules for every tenant; unassigned. Reads no table, so it may be
-- asked for a million touches; p_rules is core.channel_rules_in_force.
create or replace function core.channel_by_rules(
  p_rules core.channel_rules[],
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
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_stated text := nullif(lower(btrim(p_channel)), '');
  v_origin record;
  v_rule text[];
begin
  if v_stated is not null then
    channel_code := core.stated_channel(v_stated);
    if channel_code is not null then
      decided_by := 'event';
      return;
    end if;
  end if;

  v_origin := core.touch_origin(
    p_utm_source, p_utm_medium, p_utm_campaign, p_referrer, p_landing_page);
  source := v_origin.source;
  medium := v_origin.medium;
  campaign := v_origin.campaign;
  referrer_host := split_part(v_origin.referrer, '/', 1);

  if p_rules is not null then
    select r.channel_code, r.rule_name, r.version into channel_code, rule_name, rule_version
      from unnest(p_rules) with ordinality as r
     where (r.sources is null or coalesce(v_origin.source, '') like any (r.sources))
       and (r.mediums is null or coalesce(v_origin.medium, '') like any (r.mediums))
       and (r.campaigns is null or coalesce(v_origin.campaign, '') like any (r.campaigns))
       and (r.channels is null or coalesce(v_stated, '') like any (r.channels))
       and (r.referrers is null or coalesce(v_origin.referrer, '') like any (r.referrers))
       and (r.landing_pages is null
         or coalesce(v_origin.landing_page, '') like any (r.landing_pages))
       and (r.categories is null or coalesce(v_origin.category, '') = any (r.categories))
       and (r.click_ids is null or coalesce(v_origin.click_id, '') = any (r.click_ids))
       and (r.providers is null or coalesce(p_provider, '') = any (r.providers))
     order by r.ordinality
     limit 1;
    if found then
      decided_by := 'tenant';
      return;
    end if;
  end if;

  decided_by := 'nothing';
  channel_code := 'unassigned';
  if v_stated is null then
    if source is null and medium is null and campaign is null then
      channel_code := 'direct';
    else
      v_rule := core.default_channel_rule(
        source, medium, campaign, v_origin.referrer, v_origin.category);
      if v_rule is not null then
        channel_code := v_rule[1];
        decided_by := 'default';
        rule_name := v_rule[2];
        rule_version := v_rule[3]::integer;
      end if;
    end if;
  end if;
end
$function$;

comment on function
  core.channel_by_rules(core.channel_rules[], text, text, text, text, text, text, text) is
  'The channel of a touch, what decided it (event, tenant, default, nothing), and the rule';

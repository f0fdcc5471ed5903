-- Rules are kept, not overwritten: a change closes the row in force and adds the next version, so
-- that it can be told why a touch once counted otherwise. Setting what is in force already changes
-- nothing. Locks: an advisory lock on the tenant's rules.
create or replace function api.set_channel_rule(
  p_tenant_id uuid,
  p_rule_name text,
  p_channel_code text,
  p_conditions jsonb,
  p_priority integer default 100
)
  returns integer
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz;
  v_rule core.channel_rules;
  v_known core.channel_rules;
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_tenant_exists(p_tenant_id);
  perform pg_advisory_xact_lock(hashtextextended('core.channel_rules ' || p_tenant_id, 0));
  v_now := clock_timestamp();
  if p_rule_name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$' is not true then
    perform core.raise_error('invalid_channel_rule', 'rule_name');
  elsif p_priority between 0 and 1000000 is not true then
    perform core.raise_error('invalid_channel_rule', 'priority');
  elsif coalesce(p_channel_code, 'unattributed') = 'unattributed' then
    perform core.raise_error('invalid_channel_rule', 'channel_code');
  elsif jsonb_typeof(p_conditions) is distinct from 'object' or p_conditions = '{}' then
    perform core.raise_error('invalid_channel_rule', 'conditions');
  end if;
  if exists (
    select
      from jsonb_object_keys(p_conditions) as k (key)
     where k.key not in ('source', 'medium', 'campaign', 'referrer', 'landing_page', 'channel',
       'category', 'click_id', 'provider'))
  then
    perform core.raise_error('invalid_channel_rule', 'unknown field');
  end if;

  select r.* into v_known
    from core.channel_rules as r
   where r.tenant_id = p_tenant_id and r.rule_name = p_rule_name
   order by r.version desc
   limit 1;
  v_rule.tenant_id := p_tenant_id;
  v_rule.rule_name := p_rule_name;
  v_rule.priority := p_priority;
  v_rule.channel_code := p_channel_code;
  v_rule.sources := core.channel_patterns('source', p_conditions -> 'source');
  v_rule.mediums := core.channel_patterns('medium', p_conditions -> 'medium');
  v_rule.campaigns := core.channel_patterns('campaign', p_conditions -> 'campaign');
  v_rule.referrers := core.channel_patterns('referrer', p_conditions -> 'referrer');
  v_rule.landing_pages := core.channel_patterns('landing_page', p_conditions -> 'landing_page');
  v_rule.channels := core.channel_patterns('channel', p_conditions -> 'channel');
  v_rule.categories := core.channel_patterns('category', p_conditions -> 'category');
  v_rule.click_ids := core.channel_patterns('click_id', p_conditions -> 'click_id');
  v_rule.providers := core.channel_patterns('provider', p_conditions -> 'provider');
  v_rule.version := v_known.version;
  v_rule.valid_from := v_known.valid_from;
  v_rule.changed_by := v_known.changed_by;
  if v_known is not distinct from v_rule then
    return v_known.version;
  end if;

  if v_known.valid_to is null and v_known.version is not null then
    update core.channel_rules as r
       set valid_to = v_now
     where r.tenant_id = p_tenant_id and r.rule_name = p_rule_name
       and r.version = v_known.version;
  elsif (
    select count(*) from core.channel_rules as r
     where r.tenant_id = p_tenant_id and r.valid_to is null) >= 500
  then
    perform core.raise_error('too_many_channel_rules');
  end if;
  v_rule.version := coalesce(v_known.version, 0) + 1;
  v_rule.valid_from := v_now;
  v_rule.changed_by := session_user;
  insert into core.channel_rules (
    tenant_id, rule_name, version, priority, channel_code, sources, mediums, campaigns, referrers,
    landing_pages, channels, categories, click_ids, providers, valid_from, changed_by
  )
  values (
    p_tenant_id, v_rule.rule_name, v_rule.version, v_rule.priority, v_rule.channel_code,
    v_rule.sources, v_rule.mediums, v_rule.campaigns, v_rule.referrers, v_rule.landing_pages,
    v_rule.channels, v_rule.categories, v_rule.click_ids, v_rule.providers, v_rule.valid_from,
    v_rule.changed_by
  );
  return v_rule.version;
end
$function$;

comment on function api.set_channel_rule(uuid, text, text, jsonb, integer) is
$doc$Adds or changes a tenant's own channel rule and returns its version; equal: nothing changes.
p_conditions: source, medium, campaign, referrer (host and path), landing_page, channel (as stated),
category (search, social, video, shopping, ai_assistant), click_id, provider; each a pattern or an
array of patterns, of which one must match: * is any text (up to three), '' is "not stated". All
fields named must match. The lowest p_priority that matches decides, before the rules for every
tenant. A channel code outside core.channel_taxonomy violates its foreign key (23503).
Raises: HL002 unknown_tenant, HL031 invalid_channel_rule, HL033 too_many_channel_rules, 23503,
23514 pii_violation.
Example: select api.set_channel_rule(
  :tenant, 'partners', 'affiliates', '{"source": ["partner-*", "blog.example.org"]}');$doc$;

revoke all on function api.set_channel_rule(uuid, text, text, jsonb, integer) from public;
grant execute on function api.set_channel_rule(uuid, text, text, jsonb, integer) to hookledger_dba;

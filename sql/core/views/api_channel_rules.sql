-- The rules that decide for the session's tenant, its own and those for every tenant, with all
-- their versions. tenant_id says for whom, so no row is of two tenants.
create or replace view api.channel_rules with (security_barrier) as
  select
    r.tenant_id, 'tenant' as scope, r.rule_name, r.version, r.valid_to is null as is_in_force,
    r.priority, r.channel_code, r.sources, r.mediums, r.campaigns, null::text[] as campaign_words,
    r.referrers, r.landing_pages, r.channels, r.categories, r.click_ids, r.providers, r.valid_from,
    r.valid_to, r.changed_by
  from core.channel_rules as r
  where r.tenant_id = (select core.current_tenant())
  union all
  select
    t.tenant_id, 'default', d.position::text, d.version,
    d.version = (select max(n.version) from core.default_channel_rules as n), d.position::integer,
    d.channel_code, d.sources, d.mediums, d.campaigns, d.campaign_words, d.referrers,
    null, null, d.categories, null, null, null, null, null
  from core.tenants as t
  cross join core.default_channel_rules as d
  where t.tenant_id = (select core.current_tenant());

comment on view api.channel_rules is
  'Channel rules of the session''s tenant (tried first, by priority) and those for every tenant';

revoke all on api.channel_rules from public;
grant select on api.channel_rules to hookledger_dba, hookledger_reader;

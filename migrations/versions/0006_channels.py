"""The channel taxonomy, the rules that lead to it, and which sources are of which kind."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# One token per source: a host, a name as it stands in utm_source, `*.` before a host that stands
# for its subdomains too, `.*` after one that has a domain in many countries.
SOURCES = Path(__file__).with_name("0006_channel_sources.txt")

# Two tables of rules, because a shared table is copied whole to each node and a tenant's rows live
# on one of them: no statement has to join both, and no row stands for "all tenants".
UP = """
create table core.channel_taxonomy (
  channel_code text not null,
  title text not null,
  description text not null,
  is_paid boolean not null,
  is_assignable boolean not null default true,
  aliases text[] not null default '{}',
  position smallint not null,
  constraint channel_taxonomy_pkey primary key (channel_code),
  constraint channel_code_is_a_plain_name check (channel_code ~ '^[a-z]+(_[a-z]+)*$')
);
comment on table core.channel_taxonomy is
  'Every channel there is: the GA4 default channel group and what no rule gives; shared by all '
  'tenants';
comment on column core.channel_taxonomy.is_assignable is
  'False: neither a rule nor an event may name it';
comment on column core.channel_taxonomy.aliases is
  'Other spellings in which an event may state it';

insert into core.channel_taxonomy
  (position, channel_code, title, is_paid, is_assignable, aliases, description)
values
  (1, 'direct', 'Direct', false, true, '{}',
    'Nothing tells where the visitor came from'),
  (2, 'cross_network', 'Cross-network', true, true, '{}',
    'Campaigns over several networks, such as Performance Max'),
  (3, 'paid_shopping', 'Paid Shopping', true, true, '{}', 'Ads on shopping sites'),
  (4, 'paid_search', 'Paid Search', true, true, '{}', 'Ads on search engines'),
  (5, 'paid_social', 'Paid Social', true, true, '{}', 'Ads on social networks'),
  (6, 'paid_video', 'Paid Video', true, true, '{}', 'Ads on video sites'),
  (7, 'display', 'Display', true, true, '{}', 'Banners and the like'),
  (8, 'paid_other', 'Paid Other', true, true, '{}', 'Ads elsewhere'),
  (9, 'ai_assistants', 'AI Assistants', false, true, '{ai_assistant}',
    'Links in answers of AI assistants'),
  (10, 'organic_shopping', 'Organic Shopping', false, true, '{}',
    'Unpaid links on shopping sites'),
  (11, 'organic_social', 'Organic Social', false, true, '{}', 'Unpaid links on social networks'),
  (12, 'organic_video', 'Organic Video', false, true, '{}', 'Unpaid links on video sites'),
  (13, 'organic_search', 'Organic Search', false, true, '{}', 'Unpaid results of search engines'),
  (14, 'referral', 'Referral', false, true, '{}', 'Links on other sites'),
  (15, 'email', 'Email', false, true, '{}', 'Links in mails'),
  (16, 'affiliates', 'Affiliates', true, true, '{affiliate}', 'Links of affiliates'),
  (17, 'audio', 'Audio', true, true, '{}', 'Ads on audio platforms'),
  (18, 'sms', 'SMS', false, true, '{}', 'Links in text messages'),
  (19, 'mobile_push_notifications', 'Mobile Push Notifications', false, true, '{mobile_push}',
    'Links in messages on a mobile device'),
  (20, 'unassigned', 'Unassigned', false, true, '{}',
    'Something is stated, but no rule knows it: see api.unmapped_channels'),
  (21, 'unattributed', 'Unattributed', false, false, '{}',
    'Money without any touch; given by attribution only');

create table core.channel_sources (
  source text not null,
  category text not null,
  includes_subdomains boolean not null,
  constraint channel_sources_pkey primary key (source),
  constraint source_is_lower_case check (source = lower(source) and source <> ''),
  constraint category_is_known check (category in
    ('search', 'social', 'video', 'shopping', 'ai_assistant', 'never_a_source'))
);
comment on table core.channel_sources is
  'What kind of site a source is; shared by all tenants. What is not listed is any other site';
comment on column core.channel_sources.source is
  'A host without www., a name as in utm_source, or a host without its public suffix and `.*`';
comment on column core.channel_sources.category is
  'never_a_source: payment and sign-in pages, through which visitors only pass';

create table core.default_channel_rules (
  version integer not null,
  position smallint not null,
  channel_code text not null,
  sources text[],
  mediums text[],
  campaigns text[],
  campaign_words text[],
  referrers text[],
  categories text[],
  constraint default_channel_rules_pkey primary key (version, position),
  constraint default_channel_rules_channel_fkey
    foreign key (channel_code) references core.channel_taxonomy (channel_code),
  constraint some_condition_is_stated check
    (num_nonnulls(sources, mediums, campaigns, campaign_words, referrers, categories) > 0)
);
comment on table core.default_channel_rules is
  'The rules for every tenant, in order; the highest version counts. Compiled by '
  'core.build_channels';
comment on column core.default_channel_rules.mediums is
  'Patterns (* is any text), of which one must match; null: any. All stated columns must match';
comment on column core.default_channel_rules.campaign_words is
  'Matched against the campaign with a space for each run of other characters than a to z, and '
  'one before and after';

insert into core.default_channel_rules
  (version, position, channel_code, categories, sources, mediums, campaigns, campaign_words,
   referrers)
values
  (1, 1, 'cross_network', null, null, null, '{*cross-network*}', null, null),
  (1, 2, 'paid_shopping', '{shopping}', null, '{*cp*,ppc,retargeting,paid*}', null, null, null),
  (1, 3, 'paid_shopping', null, null, '{*cp*,ppc,retargeting,paid*}', null,
    '{"* shop*",*eshop*,*shopping*}', null),
  (1, 4, 'paid_search', '{search}', null, '{*cp*,ppc,retargeting,paid*}', null, null, null),
  (1, 5, 'paid_social', '{social}', null, '{*cp*,ppc,retargeting,paid*}', null, null, null),
  (1, 6, 'paid_video', '{video}', null, '{*cp*,ppc,retargeting,paid*}', null, null, null),
  (1, 7, 'display', null, null, '{display,banner,expandable,interstitial,cpm}', null, null, null),
  (1, 8, 'paid_other', null, null, '{*cp*,ppc,retargeting,paid*}', null, null, null),
  (1, 9, 'ai_assistants', '{ai_assistant}', null, null, null, null, null),
  (1, 10, 'ai_assistants', null, null, '{ai-assistant}', null, null, null),
  (1, 11, 'ai_assistants', null, null, '{referral}', null, null,
    '{bing.com/chat*,x.com/i/grok*}'),
  (1, 12, 'organic_shopping', '{shopping}', null, null, null, null, null),
  (1, 13, 'organic_shopping', null, null, null, null, '{"* shop*",*eshop*,*shopping*}', null),
  (1, 14, 'organic_social', '{social}', null, null, null, null, null),
  (1, 15, 'organic_social', null, null,
    '{social,social-network,social-media,sm,"social network","social media"}', null, null, null),
  (1, 16, 'organic_video', '{video}', null, null, null, null, null),
  (1, 17, 'organic_video', null, null, '{*video*}', null, null, null),
  (1, 18, 'organic_search', '{search}', null, null, null, null, null),
  (1, 19, 'organic_search', null, null, '{organic}', null, null, null),
  (1, 20, 'referral', null, null, '{referral,app,link}', null, null, null),
  (1, 21, 'email', null, '{email,e-mail,e_mail,"e mail"}', null, null, null, null),
  (1, 22, 'email', null, null, '{email,e-mail,e_mail,"e mail"}', null, null, null),
  (1, 23, 'affiliates', null, null, '{affiliate}', null, null, null),
  (1, 24, 'audio', null, null, '{audio}', null, null, null),
  (1, 25, 'sms', null, '{sms}', null, null, null, null),
  (1, 26, 'sms', null, null, '{sms}', null, null, null),
  (1, 27, 'mobile_push_notifications', null, null, '{*push,*mobile*,*notification*}', null, null,
    null),
  (1, 28, 'mobile_push_notifications', null, '{firebase}', null, null, null, null);

create table core.channel_rules (
  tenant_id uuid not null,
  rule_name text not null,
  version integer not null,
  priority integer not null,
  channel_code text not null,
  sources text[],
  mediums text[],
  campaigns text[],
  referrers text[],
  landing_pages text[],
  channels text[],
  categories text[],
  click_ids text[],
  providers text[],
  valid_from timestamptz not null,
  valid_to timestamptz,
  changed_by text not null,
  constraint channel_rules_pkey primary key (tenant_id, rule_name, version),
  constraint channel_rules_tenant_fkey foreign key (tenant_id) references core.tenants (tenant_id),
  constraint channel_rules_channel_fkey
    foreign key (channel_code) references core.channel_taxonomy (channel_code),
  constraint rule_name_is_plain check (rule_name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'),
  constraint some_condition_is_stated check
    (num_nonnulls(sources, mediums, campaigns, referrers, landing_pages, channels, categories,
       click_ids, providers) > 0),
  constraint valid_to_is_not_before_valid_from check (valid_to >= valid_from)
);
comment on table core.channel_rules is
  'A tenant''s own rules, which come before those for every tenant; a change closes a row and '
  'adds a version';
comment on column core.channel_rules.priority is
  'The lowest matching number decides, then the name in byte order';
comment on column core.channel_rules.sources is
  'Patterns (* is any text, empty: not stated), of which one must match; null: any. All stated '
  'columns must match';
comment on column core.channel_rules.valid_to is 'Null: in force';

create unique index channel_rules_one_in_force on core.channel_rules (tenant_id, rule_name)
  where valid_to is null;
"""

DOWN = """
drop table core.channel_rules cascade;
drop table core.default_channel_rules cascade;
drop table core.channel_sources cascade;
drop table core.channel_taxonomy cascade;
drop function if exists core.default_channel_rule(text, text, text, text, text);
drop function if exists core.source_category(text);
drop function if exists core.stated_channel(text);
truncate core.sql_files;
"""


def _sources() -> list[str]:
    """Rows for core.channel_sources; `example.com` and `*.example.com` are one."""
    rows: dict[tuple[str, str], bool] = {}
    category = ""
    for line in SOURCES.read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("["):
            category = text.strip("[]")
            continue
        for token in filter(None, (token.strip().lower() for token in text.split(","))):
            key = (token.removeprefix("*."), category)
            rows[key] = rows.get(key, False) or token.startswith("*.")
    return [f"('{source}', '{category}', {wide})" for (source, category), wide in rows.items()]


def upgrade() -> None:
    """Create the tables and fill those that are shared."""
    for statement in (
        UP,
        "insert into core.channel_sources (source, category, includes_subdomains) values "
        + ", ".join(_sources()),
    ):
        op.get_bind().exec_driver_sql(statement, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Drop them with all that is built on them; `migrate` applies the SQL files again."""
    op.get_bind().exec_driver_sql(DOWN, execution_options={"no_parameters": True})

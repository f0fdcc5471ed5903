-- A tenant's own rules come before those for every tenant; each change is a version that stays.
begin;
select no_plan();

create temp table ids as select tap.tenant() as tenant_id, tap.tenant() as other_id;
grant select on ids to public;

create function pg_temp.channel(
  p_source text default null, p_medium text default null, p_campaign text default null,
  p_referrer text default null, p_landing_page text default null, p_channel text default null,
  p_provider text default 'standard', p_tenant_id uuid default null
) returns text language sql as $$
  select core.event_channel(t.tenant_id, p_channel, p_source, p_medium, p_campaign, p_referrer,
      p_landing_page, p_provider)
    from (select coalesce(p_tenant_id, i.tenant_id) from ids as i) as t (tenant_id),
      lateral (select tap.set_tenant(t.tenant_id)) as s
$$;
create function pg_temp.set_rule(
  p_name text, p_channel text, p_conditions jsonb, p_priority integer default 100
) returns integer language sql as $$
  select api.set_channel_rule(i.tenant_id, p_name, p_channel, p_conditions, p_priority) from ids as i
$$;

select is(pg_temp.channel('partner-7'), 'unassigned', 'without a rule a partner is unassigned');
select is(pg_temp.set_rule('partners', 'affiliates', '{"source": ["Partner-*", "blog.example.org"]}'),
  1, 'a rule is version 1');
select is(pg_temp.channel('partner-7'), 'affiliates', 'with it a partner is an affiliate');
select is(pg_temp.channel(null, p_referrer => 'https://www.blog.example.org/a'), 'affiliates',
  'so is a site named by its host, as referrer');
select is(pg_temp.channel('a partner-7'), 'unassigned', 'a pattern is matched from the start');
select is(pg_temp.channel('partner-7', p_tenant_id => (select other_id from ids)), 'unassigned',
  'for another tenant nothing changes');
select is(pg_temp.set_rule('partners', 'affiliates', '{"source": ["blog.example.org", "partner-*"]}'),
  1, 'setting the same again changes nothing');
select is(pg_temp.set_rule('partners', 'referral', '{"source": "partner-*"}'), 2,
  'setting it otherwise is version 2');
select is(pg_temp.channel('partner-7'), 'referral', 'and counts at once');
select results_eq(
  $$ select r.version, r.channel_code, r.valid_to is null from core.channel_rules as r
      where r.tenant_id = (select tenant_id from ids) order by r.version $$,
  $$ values (1, 'affiliates', false), (2, 'referral', true) $$,
  'version 1 stays, closed');
select is_empty(
  $$ select from core.channel_rules as a join core.channel_rules as b
         on b.tenant_id = a.tenant_id and b.rule_name = a.rule_name and b.version = a.version + 1
      where a.valid_to <> b.valid_from $$,
  'a version ends when the next begins');

-- Rules override those for every tenant, and each other by priority.
select is(pg_temp.channel('google', 'cpc', 'brand'), 'paid_search', 'an ad is paid search');
select pg_temp.set_rule('brand', 'organic_search', '{"source": "google", "campaign": "*brand*"}');
select is(pg_temp.channel('google', 'cpc', 'de brand 1'), 'organic_search',
  'unless a rule of the tenant says otherwise');
select is(pg_temp.channel('google', 'cpc', 'other'), 'paid_search',
  'all of a rule''s fields must match');
select is(pg_temp.channel('bing', 'cpc', 'brand'), 'paid_search', 'the other one too');
select pg_temp.set_rule('a_later', 'email', '{"source": "google"}', 200);
select is(pg_temp.channel('google', 'cpc', 'brand'), 'organic_search',
  'the lower priority number decides');
select pg_temp.set_rule('a_first', 'sms', '{"source": "google"}', 1);
select is(pg_temp.channel('google', 'cpc', 'brand'), 'sms', 'whatever the name');
select pg_temp.set_rule('a_even', 'audio', '{"source": "google"}', 1);
select is(pg_temp.channel('google', 'cpc', 'brand'), 'audio', 'of equals the first name');
select is(pg_temp.channel('google', p_channel => 'email'), 'email',
  'a known channel that the event states itself wins');

-- Every field
select pg_temp.set_rule(f.name, f.channel, f.conditions::jsonb, 0) from (values
  ('by_channel', 'display', '{"channel": "instore *"}'),
  ('by_medium', 'sms', '{"medium": "rcs", "source": ""}'),
  ('by_referrer', 'email', '{"referrer": "https://mail.example.net/box/*"}'),
  ('by_page', 'affiliates', '{"landing_page": "*/deal/*"}'),
  ('by_category', 'paid_video', '{"category": "video", "medium": "sponsoring"}'),
  ('by_click', 'paid_search', '{"click_id": "srsltid"}'),
  ('by_provider', 'referral', '{"provider": "toss", "source": ["", "toss"]}')
) as f (name, channel, conditions);
select is(pg_temp.channel(p_channel => 'Instore Berlin'), 'display', 'by the stated text');
select is(pg_temp.channel(p_channel => 'Berlin'), 'unassigned', 'another text stays unassigned');
select is(pg_temp.channel(null, 'RCS'), 'sms', 'by the medium where no source is stated');
select is(pg_temp.channel('x', 'rcs'), 'unassigned', 'not where one is');
select is(pg_temp.channel(p_referrer => 'https://mail.example.net/box/1?a=b'), 'email',
  'by the referrer''s page');
select is(pg_temp.channel(p_referrer => 'https://mail.example.net/'), 'referral',
  'another page is a referral');
select is(pg_temp.channel(p_landing_page => '/x/deal/1?a'), 'affiliates', 'by the landing page');
select is(pg_temp.channel('youtube', 'sponsoring'), 'paid_video', 'by the kind of the source');
select is(pg_temp.channel(p_landing_page => '/?srsltid'), 'paid_search', 'by the click id');
select is(pg_temp.channel(p_provider => 'toss'), 'referral', 'by the provider');
select is(pg_temp.channel(p_provider => 'stripe'), 'direct', 'not of another provider');

-- A rule is found literally, but for the *
select pg_temp.set_rule('literal', 'email', '{"source": ["100%_sure", "a_b"]}', 0);
select is(pg_temp.channel('100%_sure'), 'email', 'percent and underscore are themselves');
select is(pg_temp.channel('100 is unsure'), 'unassigned', 'a percent sign is no wildcard');
select is(pg_temp.channel('axb'), 'unassigned', 'nor is an underscore');

-- Ending
select lives_ok($$ select api.drop_channel_rule(tenant_id, 'partners') from ids $$, 'a rule ends');
select is(pg_temp.channel('partner-7'), 'unassigned', 'and no longer counts');
select throws_ok($$ select api.drop_channel_rule(tenant_id, 'partners') from ids $$, 'HL032', null,
  'it ends once');
select throws_ok($$ select api.drop_channel_rule(other_id, 'brand') from ids $$, 'HL032', null,
  'another tenant cannot end it');
select is(pg_temp.set_rule('partners', 'referral', '{"source": "partner-*"}'), 3,
  'set again, it is the next version');

-- The view
select tap.set_tenant(tenant_id) from ids;
set local session authorization hookledger_dba;
select set_eq(
  $$ select r.version, r.channel_code, r.is_in_force from api.channel_rules as r
      where r.rule_name = 'partners' $$,
  $$ values (1, 'affiliates', false), (2, 'referral', false), (3, 'referral', true) $$,
  'a DBA sees every version');
select cmp_ok((select count(*) from api.channel_rules as r where r.scope = 'default'
  and r.is_in_force), '>=', 28::bigint, 'and the rules for every tenant');
select is((select r.sources from api.channel_rules as r where r.rule_name = 'literal'),
  array['100%_sure', 'a_b'], 'as they were written');
select tap.set_tenant(other_id) from ids;
select is_empty($$ select from api.channel_rules as r where r.scope = 'tenant' $$,
  'not those of another tenant');
select tap.clear_tenant();
select is_empty('select from api.channel_rules', 'without a tenant nothing is seen');
set local session authorization default;

select * from finish();
rollback;

-- Every channel of the GA4 default channel group by its own rules, and where two of them meet.
begin;
select no_plan();

create temp table ids as select tap.tenant() as tenant_id;
select tap.set_tenant(tenant_id) from ids;
create temp table cases (source text, medium text, campaign text, expected text);
insert into cases values
  (null, null, null, 'direct'),
  ('(direct)', '(none)', null, 'direct'),
  ('(direct)', '(not set)', '(not set)', 'direct'),
  ('direct', 'none', null, 'direct'),
  ('', ' ', '', 'direct'),
  ('google', 'cpc', 'Cross-Network', 'cross_network'),
  ('anything', 'anything', 'spring_cross-network_eu', 'cross_network'),
  ('amazon', 'cpc', null, 'paid_shopping'),
  ('etsy.com', 'paid', null, 'paid_shopping'),
  ('google', 'cpc', 'shopping', 'paid_shopping'),
  ('google', 'cpc', 'DE_Shopping_brand', 'paid_shopping'),
  ('google', 'ppc', 'eshop sale', 'paid_shopping'),
  ('google', 'ppc', 'the-shop', 'paid_shopping'),
  ('google', 'ppc', 'workshop', 'paid_search'),
  ('google', 'ppc', 'bishops', 'paid_search'),
  ('google', 'cpc', null, 'paid_search'),
  ('bing', 'ppc', null, 'paid_search'),
  ('naver', 'paid_search', null, 'paid_search'),
  ('google', 'retargeting', null, 'paid_search'),
  ('google', 'cpm', null, 'paid_search'),
  ('facebook', 'cpc', null, 'paid_social'),
  ('fb', 'cpc', null, 'paid_social'),
  ('ig', 'paid_social', null, 'paid_social'),
  ('meta', 'paid', null, 'paid_social'),
  ('tiktok.com', 'cpm', null, 'paid_social'),
  ('youtube', 'cpv', null, 'paid_video'),
  ('youtube', 'cpc', null, 'paid_video'),
  ('vimeo.com', 'paid-video', null, 'paid_video'),
  ('criteo', 'display', null, 'display'),
  ('facebook', 'display', null, 'display'),
  ('anything', 'banner', null, 'display'),
  ('anything', 'Expandable', null, 'display'),
  ('anything', 'interstitial', null, 'display'),
  ('anything', 'cpm', null, 'display'),
  ('partner', 'cpc', null, 'paid_other'),
  ('partner', 'CPA', null, 'paid_other'),
  ('partner', 'tcp', null, 'paid_other'),
  (null, 'paid', null, 'paid_other'),
  ('chatgpt', 'ppc', null, 'paid_other'),
  ('chatgpt.com', null, null, 'ai_assistants'),
  ('perplexity', 'referral', null, 'ai_assistants'),
  ('somebody', 'ai-assistant', '(ai-assistant)', 'ai_assistants'),
  ('amazon', null, null, 'organic_shopping'),
  ('ebay.de', 'referral', null, 'organic_shopping'),
  ('newsletter', 'email', 'shop-news', 'organic_shopping'),
  ('facebook', null, null, 'organic_social'),
  ('pinterest', 'organic', null, 'organic_social'),
  ('buffer.example', 'social', null, 'organic_social'),
  ('anything', 'social-network', null, 'organic_social'),
  ('anything', 'social media', null, 'organic_social'),
  ('anything', 'sm', null, 'organic_social'),
  ('youtube', null, null, 'organic_video'),
  ('vimeo.com', 'referral', null, 'organic_video'),
  ('anything', 'video', null, 'organic_video'),
  ('anything', 'instream-video-ad', null, 'organic_video'),
  ('google', null, null, 'organic_search'),
  ('google', 'organic', null, 'organic_search'),
  ('duckduckgo', 'organic', null, 'organic_search'),
  ('a-search-engine.example', 'organic', null, 'organic_search'),
  ('example.org', 'referral', null, 'referral'),
  ('example.org', 'link', null, 'referral'),
  ('an-app', 'app', null, 'referral'),
  ('newsletter', 'email', null, 'email'),
  ('newsletter', 'E-Mail', null, 'email'),
  ('newsletter', 'e_mail', null, 'email'),
  ('newsletter', 'e mail', null, 'email'),
  ('newsletter', 'e+mail', null, 'email'),
  ('newsletter', 'e%20mail', null, 'email'),
  ('email', null, null, 'email'),
  ('newsletter', 'exmail', null, 'unassigned'),
  ('newsletter', 'emails', null, 'unassigned'),
  ('newsletter', 'newsletter', null, 'unassigned'),
  ('awin', 'affiliate', null, 'affiliates'),
  ('awin', 'Affiliate', 'x', 'affiliates'),
  ('spotify', 'audio', null, 'audio'),
  ('podcast', 'audio', null, 'audio'),
  ('sms', null, null, 'sms'),
  ('twilio', 'sms', null, 'sms'),
  ('onesignal', 'push', null, 'mobile_push_notifications'),
  ('onesignal', 'web-push', null, 'mobile_push_notifications'),
  ('braze', 'mobile', null, 'mobile_push_notifications'),
  ('braze', 'in-app-notification', null, 'mobile_push_notifications'),
  ('firebase', null, null, 'mobile_push_notifications'),
  ('braze', 'pushed', null, 'unassigned'),
  ('anything', null, null, 'unassigned'),
  (null, 'anything', null, 'unassigned'),
  (null, null, 'anything', 'unassigned'),
  ('anything', 'anything', 'anything', 'unassigned'),
  (' Google ', ' CPC ', null, 'paid_search'),
  ('GOOGLE', 'C+P+C', null, 'organic_search'),
  ('m.facebook.com', 'cpc', null, 'paid_social'),
  ('https://www.facebook.com/ads', 'cpc', null, 'paid_social'),
  ('www.google.com/', 'organic', null, 'organic_search'),
  ('n/a', null, null, 'unassigned'),
  ('google+', 'cpc', null, 'paid_social');

select is(
  core.event_channel(i.tenant_id, null, c.source, c.medium, c.campaign, null, null, 'standard'),
  c.expected,
  format('%s / %s / %s', coalesce(c.source, '-'), coalesce(c.medium, '-'),
    coalesce(c.campaign, '-')) || ' is ' || c.expected)
  from cases as c, ids as i;
select is_empty(
  $$ select t.channel_code from core.channel_taxonomy as t
      where t.channel_code <> 'unattributed'
        and (select count(*) from cases as c where c.expected = t.channel_code) < 2 $$,
  'every channel has two cases or more');
select is_empty(
  $$ select c.source, c.medium, c.campaign from cases as c, ids as i
      where core.event_channel(i.tenant_id, null, c.source, c.medium, c.campaign, null, null, 'x')
        <> core.event_channel(i.tenant_id, null, null, null, null, null,
          'https://shop.example.com/?' || concat_ws('&',
            'utm_source=' || replace(c.source, ' ', '+'),
            'utm_medium=' || replace(c.medium, ' ', '+'),
            'utm_campaign=' || replace(c.campaign, ' ', '+')), 'x')
        and c.source not like '%+%' $$,
  'the same tags in the landing page alone give the same channel');
select set_eq(
  $$ select distinct t.decided_by from cases as c, ids as i,
       core.normalize_channel(i.tenant_id, null, c.source, c.medium, c.campaign, null, null, 'x')
         as t $$,
  array['default', 'nothing'],
  'the rules for every tenant decided, or nothing did');

select * from finish();
rollback;

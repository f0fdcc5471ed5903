-- Where a touch came from, as the rules see it: stated utm values first, then what a click id says,
-- then the referrer. Payment and sign-in pages and the shop's own pages are never a source: their
-- referrer, and the utm_source that a plugin made of it, count as not stated.
create or replace function core.touch_origin(
  p_utm_source text,
  p_utm_medium text,
  p_utm_campaign text,
  p_referrer text,
  p_landing_page text,
  out source text,
  out medium text,
  out campaign text,
  out referrer text,
  out landing_page text,
  out category text,
  out click_id text
)
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_landing_host text;
  v_referrer_host text;
  v_referrer_category text;
  v_page text;
  v_vendor text;
begin
  source := core.clean_tag(p_utm_source);
  medium := core.clean_tag(p_utm_medium);
  campaign := core.clean_tag(p_utm_campaign);
  if p_landing_page is not null then
    v_landing_host := core.referrer_host(p_landing_page);
    if position('utm_' in p_landing_page) > 0 then
      source := coalesce(source,
        core.clean_tag(core.query_parameter(p_landing_page, 'utm_source')));
      medium := coalesce(medium,
        core.clean_tag(core.query_parameter(p_landing_page, 'utm_medium')));
      campaign := coalesce(campaign,
        core.clean_tag(core.query_parameter(p_landing_page, 'utm_campaign')));
    end if;
    click_id := core.click_id(p_landing_page);
    landing_page := lower(split_part(split_part(p_landing_page, '?', 1), '#', 1));
  end if;
  if p_referrer is not null then
    v_referrer_host := core.referrer_host(p_referrer);
  end if;

  -- What visitors only pass through
  if v_referrer_host is not null then
    v_referrer_category := core.source_category(v_referrer_host);
    if v_referrer_category = 'never_a_source'
      or v_landing_host is not null
        and core.site_of_host(v_referrer_host) = core.site_of_host(v_landing_host)
    then
      v_referrer_host := null;
    else
      v_page := lower(split_part(split_part(p_referrer, '?', 1), '#', 1));
      v_page := substr(v_page, position('//' in v_page) + 2);
      referrer := v_referrer_host
        || case when position('/' in v_page) > 0 then substr(v_page, position('/' in v_page))
          else '' end;
    end if;
  end if;
  if source is not null then
    if position('/' in source) > 0 then
      source := coalesce(core.referrer_host(source), source);  -- some write a whole URL
    end if;
    category := core.source_category(source);
    if category = 'never_a_source'
      or v_landing_host is not null and position('.' in source) > 0
        and (medium is null or medium = 'referral')
        and core.site_of_host(source) = core.site_of_host(v_landing_host)
    then
      source := null;
      category := null;
      medium := nullif(medium, 'referral');
    end if;
    if source = 'direct' and (medium is null or medium = 'none') then
      source := null;
    end if;
  end if;
  medium := nullif(medium, 'none');

  -- Click ids. Google's stand for an ad even where the tags say otherwise, as in Google Analytics;
  -- the others fill in what no tag states. fbclid is in unpaid links too: it tells the network.
  if click_id is not null then
    v_vendor := case click_id
      when 'msclkid' then 'bing' when 'ttclid' then 'tiktok' when 'twclid' then 'twitter'
      when 'li_fat_id' then 'linkedin' when 'fbclid' then 'facebook' else 'google'
    end;
    if click_id in ('gclid', 'gbraid', 'wbraid')
      and medium ~ '^(.*cp.*|ppc|retargeting|paid.*|display|banner|expandable|interstitial)$'
        is not true
      and coalesce(campaign, '') not like '%cross-network%'
    then
      source := v_vendor;
      medium := 'cpc';
    elsif click_id in ('msclkid', 'ttclid', 'twclid', 'li_fat_id') and medium is null then
      source := coalesce(source, v_vendor);
      medium := 'cpc';
    elsif click_id = 'dclid' and medium is null then
      source := coalesce(source, v_vendor);
      medium := 'display';
    elsif click_id = 'srsltid' and source is null and medium is null then
      source := 'google shopping';
      medium := 'organic';
    elsif click_id <> 'srsltid' and source is null
      and (click_id <> 'fbclid' or v_referrer_category is distinct from 'social')
    then
      source := v_vendor;
    end if;
    if source is not null then
      category := core.source_category(source);
    end if;
  end if;

  if source is null and v_referrer_host is not null then
    source := v_referrer_host;
    medium := coalesce(medium, 'referral');
    category := v_referrer_category;
  end if;
end
$function$;

comment on function core.touch_origin(text, text, text, text, text) is
  'Source, medium and campaign of a touch as the channel rules see them, and the source''s kind';

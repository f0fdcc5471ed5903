-- Taxonomy, sources and the rules for every tenant are small, shared and changed by revisions only,
-- and they are asked once for each distinct origin of a recomputation. So they are compiled: this
-- writes three functions that hold them as constants and read no table. A revision that changes the
-- data is followed by every file of sql/, so by this one.
create or replace function core.build_channels()
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_frame text := $frame$create or replace function core.%s
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $body$
%s$body$$frame$;
  v_names jsonb := (
    select jsonb_object_agg(n.name, t.channel_code)
      from core.channel_taxonomy as t
     cross join lateral unnest(t.aliases || t.channel_code) as n (name)
     where t.is_assignable);
  v_sources jsonb := (
    select jsonb_object_agg(
        s.source, case when s.includes_subdomains then '*' else '' end || s.category)
      from core.channel_sources as s);
  v_branches text := (
    select string_agg(
        format(E'    when %s\n      then array[%L, %L, %L]\n',
          (select string_agg(
               format('%s any (%L::text[])', c.operand, c.patterns), E'\n      and '
               order by c.ordinal)
             from (values
               (1, 'p_category =', d.categories),
               (2, 'p_source like', core.like_patterns(d.sources)),
               (3, 'p_medium like', core.like_patterns(d.mediums)),
               (4, 'p_campaign like', core.like_patterns(d.campaigns)),
               (5, 'v_words like', core.like_patterns(d.campaign_words)),
               (6, 'p_referrer like', core.like_patterns(d.referrers))
             ) as c (ordinal, operand, patterns)
            where c.patterns is not null),
          d.channel_code, d.position, d.version),
        '' order by d.position)
      from core.default_channel_rules as d
     where d.version = (select max(n.version) from core.default_channel_rules as n));
begin
  execute format(v_frame, 'stated_channel(p_channel text) returns text', format(
    $body$begin
  return %L::jsonb
    ->> btrim(regexp_replace(lower(p_channel), '[^a-z0-9]+', '_', 'g'), '_');
end
$body$, v_names));

  execute format(v_frame, 'source_category(p_source text) returns text', format(
    $body$declare
  v_labels text[] := string_to_array(p_source, '.');
  v_count integer := cardinality(v_labels);
  v_first integer := 1;
  -- How many labels at the end are a public suffix, for what is known by name in every country
  v_suffix integer := case
    when length(v_labels[v_count]) = 2
      and v_labels[v_count - 1] in ('co', 'com', 'ne', 'net', 'or', 'org') then 2
    when length(v_labels[v_count]) = 2 or v_labels[v_count] in ('com', 'net', 'org') then 1
    else v_count
  end;
  v_host text := p_source;
  v_family text;
  v_spelling text;
  v_known text;
begin
  if v_count > 2 and v_labels[1] in ('www', 'm', 'mobile', 'amp', 'touch', 'wap', 'lite') then
    v_first := 2;
  end if;
  -- Hosts have few labels; a text of many is nobody's host, and its first parents will do.
  for v_label in v_first .. least(v_count, 9) loop
    v_host := array_to_string(v_labels[v_label:v_count], '.');
    v_family := case when v_label + v_suffix <= v_count
      then array_to_string(v_labels[v_label:v_count - v_suffix], '.') || '.*' end;
    foreach v_spelling in array array[v_host, v_family] loop
      v_known := %L::jsonb ->> v_spelling;
      if v_known is not null and (v_label = v_first or left(v_known, 1) = '*') then
        return ltrim(v_known, '*');
      end if;
    end loop;
  end loop;
  return null;
end
$body$, v_sources));

  execute format(v_frame,
    'default_channel_rule(p_source text, p_medium text, p_campaign text, p_referrer text, '
    'p_category text) returns text[]', format(
    $body$declare
  v_words text := ' ' || regexp_replace(p_campaign, '[^a-z]+', ' ', 'g') || ' ';
begin
  return case
%s  end;
end
$body$, v_branches));
end
$function$;

comment on function core.build_channels() is
  'Writes core.stated_channel, core.source_category and core.default_channel_rule from the tables';

select core.build_channels();

comment on function core.stated_channel(text) is
  'The channel that a text names in any usual spelling (Paid Search, paid-search); null: none of '
  'the taxonomy. Written by core.build_channels';
comment on function core.source_category(text) is
  'What kind of site a host or utm_source is, by the most specific entry of core.channel_sources; '
  'null: any other site. Written by core.build_channels';
comment on function core.default_channel_rule(text, text, text, text, text) is
  'Channel, position and version of the first rule for every tenant that fits; null: none. Written '
  'by core.build_channels';

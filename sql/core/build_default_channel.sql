-- The rules for every tenant are few, ordered and rarely changed, and are asked once for each
-- distinct origin of a recomputation. So they are compiled: this writes their newest version as one
-- CASE, which answers in the time of a few comparisons and reads no table.
create or replace function core.build_default_channel()
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_branches text := (
    select string_agg(
        format(E'    when %s\n      then %s\n',
          (select string_agg(
               format('%s any (%L::text[])', c.operand, c.patterns), E'\n      and '
               order by c.ordinal)
             from (values
               (1, 'p_category =', r.categories), (2, 'p_source like', r.sources),
               (3, 'p_medium like', r.mediums), (4, 'p_campaign like', r.campaigns),
               (5, 'v_words like', r.campaign_words), (6, 'p_referrer like', r.referrers)
             ) as c (ordinal, operand, patterns)
            where c.patterns is not null),
          r.position),
        '' order by r.position)
      from (
        select d.position, d.categories, d.sources, d.mediums, d.campaigns, d.campaign_words,
          d.referrers
          from core.default_channel_rules as d
         where d.version = (select max(n.version) from core.default_channel_rules as n)
      ) as r);
begin
  execute format(
    $create$create or replace function core.default_channel_rule(
  p_source text,
  p_medium text,
  p_campaign text,
  p_referrer text,
  p_category text
)
  returns smallint
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $branches$
declare
  v_words text := ' ' || regexp_replace(p_campaign, '[^a-z]+', ' ', 'g') || ' ';
begin
  return case
%s  end;
end
$branches$$create$,
    v_branches);
end
$function$;

comment on function core.build_default_channel() is
  'Writes core.default_channel_rule from the newest version of core.default_channel_rules';

select core.build_default_channel();

comment on function core.default_channel_rule(text, text, text, text, text) is
  'Position of the first rule for every tenant that fits; written by core.build_default_channel';

-- One condition of a channel rule as it is stored: a text or an array of texts, in the form in
-- which touches are compared. Refuses what could never match, matches everything, or is personal
-- data.
create or replace function core.channel_patterns(p_field text, p_value jsonb)
  returns text[]
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_values jsonb := case jsonb_typeof(p_value) when 'array' then p_value
    else jsonb_build_array(p_value) end;
  v_patterns text[];
begin
  if p_value is null then
    return null;
  end if;
  if jsonb_array_length(v_values) not between 1 and 50
    or jsonb_path_exists(v_values, 'strict $[*] ? (@.type() <> "string")')
  then
    perform core.raise_error('invalid_channel_rule', 'field ' || p_field);
  end if;
  v_patterns := (
    select array_agg(distinct p.pattern order by p.pattern)
      from jsonb_array_elements_text(v_values) as e (value)
     cross join lateral (
       select lower(btrim(regexp_replace(e.value, ' +', ' ', 'g')))
     ) as t (value)
     cross join lateral (
       select case when p_field in ('source', 'referrer')
         then regexp_replace(t.value, '^(?:[a-z][a-z0-9+.-]*://)?(?:www\.)?', '') else t.value end
     ) as p (pattern));
  if exists (
    select
      from unnest(v_patterns) as p (pattern)
     where length(p.pattern) > 200 or p.pattern ~ '[[:cntrl:]\\]|^\*+$|\*.*\*.*\*.*\*'
        or p_field = 'category' and p.pattern not in (
          'search', 'social', 'video', 'shopping', 'ai_assistant', '')
        or p_field in ('click_id', 'provider') and p.pattern !~ '^[a-z0-9_]*$')
  then
    perform core.raise_error('invalid_channel_rule', 'field ' || p_field);
  end if;
  if exists (
    select from unnest(v_patterns) as p (pattern) where core.mask_text(p.pattern) <> p.pattern)
  then
    perform core.raise_error('pii_violation', 'field ' || p_field);
  end if;
  return v_patterns;
end
$function$;

comment on function core.channel_patterns(text, jsonb) is
$doc$The patterns of one field of a channel rule, normalised; null: any value.
Raises: HL031 invalid_channel_rule, 23514 pii_violation.$doc$;

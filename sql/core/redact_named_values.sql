-- The space that merchants and pixels may fill freely (Shopify's note_attributes: an array of
-- {name, value}; Stripe's metadata: an object): only the attribution fields are kept, as an object.
-- utm values stay readable, session ids become pseudonyms, anything else goes.
create or replace function core.redact_named_values(p_pairs jsonb, p_hmac_pads bytea[])
  returns jsonb
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_pairs jsonb := p_pairs;
  v_place integer;
  v_places integer[];
begin
  if jsonb_typeof(p_pairs) = 'array' then
    -- Where each stands last; the values are taken once, however often they are repeated.
    for i in 0 .. jsonb_array_length(p_pairs) - 1 loop
      v_place := array_position(
        array['utm_source', 'utm_medium', 'utm_campaign', 'landing_page', 'referrer', 'session_id'],
        ltrim(p_pairs -> i ->> 'name', '_'));
      if v_place is not null then
        v_places[v_place] := i;
      end if;
    end loop;
    v_pairs := jsonb_build_object(
      'utm_source', p_pairs -> v_places[1] -> 'value',
      'utm_medium', p_pairs -> v_places[2] -> 'value',
      'utm_campaign', p_pairs -> v_places[3] -> 'value',
      'landing_page', p_pairs -> v_places[4] -> 'value',
      'referrer', p_pairs -> v_places[5] -> 'value',
      'session_id', p_pairs -> v_places[6] -> 'value');
  end if;
  if jsonb_typeof(v_pairs) is distinct from 'object' then
    return null;
  end if;
  return nullif(jsonb_strip_nulls(jsonb_build_object(
    'utm_source', core.clean_label(core.string_of(v_pairs -> 'utm_source')),
    'utm_medium', core.clean_label(core.string_of(v_pairs -> 'utm_medium')),
    'utm_campaign', core.clean_label(core.string_of(v_pairs -> 'utm_campaign')),
    'landing_page', case when v_pairs ? 'landing_page' then
      core.clean_url(core.string_of(v_pairs -> 'landing_page')) end,
    'referrer', case when v_pairs ? 'referrer' then
      core.clean_url(core.string_of(v_pairs -> 'referrer')) end,
    'session_id', core.pseudonymise(p_hmac_pads, core.string_of(v_pairs -> 'session_id'))
  )), '{}');
end
$function$;

comment on function core.redact_named_values(jsonb, bytea[]) is
  'Of free pairs: utm_source, utm_medium, utm_campaign, landing_page, referrer, '
  'and session_id as pseudonym';

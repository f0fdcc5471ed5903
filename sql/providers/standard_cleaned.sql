-- The data of one own event as it may be stored. Session and customer only serve to join, so they
-- become pseudonyms (a customer key may well be a mail address); utm values, channel and URLs lose
-- what is personal in them. A member of the wrong type stays as it is: the scan for personal data
-- must see it, and the normaliser refuses it. So does every member that is not documented.
create or replace function core.standard_cleaned(
  p_data jsonb,
  p_hmac_pads bytea[],
  out data jsonb,
  out redacted_count integer
)
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  data := p_data;
  redacted_count := 0;
  if jsonb_typeof(p_data) = 'object' then
    select p_data - array_agg(m.key)
        || coalesce(jsonb_object_agg(m.key, m.cleaned) filter (where m.cleaned <> 'null'), '{}'),
        count(*) filter (where m.value not in ('null', '""') and m.value is distinct from m.cleaned)
      into data, redacted_count
      from (
        select f.key, v.value,
          case
            when v.kind = 'text' and v.type in ('string', 'number')
              then to_jsonb(core.clean_label(v.value #>> '{}'))
            when v.kind = 'url' and v.type = 'string'
              then to_jsonb(core.clean_url(v.value #>> '{}'))
            when v.kind = 'id'
              and (v.type = 'string' or v.type = 'number' and v.value #>> '{}' ~ '^[0-9]+$')
              then to_jsonb(core.pseudonymise(p_hmac_pads, v.value #>> '{}'))
            else v.value
          end as cleaned
          from (values
            ('session_id', 'id'), ('customer_key', 'id'), ('channel', 'text'),
            ('utm_source', 'text'), ('utm_medium', 'text'), ('utm_campaign', 'text'),
            ('referrer', 'url'), ('landing_page', 'url')
          ) as f (key, kind)
         cross join lateral (
           select f.kind, p_data -> f.key as value, jsonb_typeof(p_data -> f.key) as type
         ) as v
      ) as m;
  end if;
end
$function$;

comment on function core.standard_cleaned(jsonb, bytea[]) is
  'The data of an own event without personal data in its documented members, '
  'and how many of them were changed';

-- The canonical event of a stored, unverified one, made again by its provider's normaliser from the
-- redacted payload, as a delivery of it would be read. Headers that normalisers read and that are
-- not stored follow from the event itself. Null where the payload does not tell this event.
create or replace function core.repeat_event(p_event core.attribution_events, p_settings jsonb)
  returns core.canonical_event
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_headers jsonb := jsonb_build_object(
    'x-shopify-topic', p_event.event_type,
    'x-shopify-triggered-at',
      to_char(p_event.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'x-wc-webhook-topic', p_event.event_type,
    'x-wc-webhook-source', substring(p_event.object_id from '^(.*):'));
  v_key text := regexp_replace(p_event.dedup_key, '^unverified:', '');
  v_event core.canonical_event;
begin
  foreach v_event in array
    core.normalize(p_event.provider, v_headers, p_event.payload, p_settings)
  loop
    if v_event.dedup_key = v_key then
      return v_event;
    end if;
  end loop;
  return null;
end
$function$;

comment on function core.repeat_event(core.attribution_events, jsonb) is
$doc$The canonical event of a stored one, read again; null where its payload tells another.
Raises: what the normaliser raises.$doc$;

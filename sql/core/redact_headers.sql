-- The headers of a delivery as a dead letter may keep them: texts only, masked like free text (an
-- id among them gets no exemption), then redacted like any document.
create or replace function core.redact_headers(p_headers jsonb)
  returns jsonb
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select core.redact_json(
    coalesce(jsonb_object_agg(left(h.key, 100), core.mask_text(left(h.value #>> '{}', 500))), '{}'))
    from jsonb_each(p_headers) as h
   where jsonb_typeof(h.value) = 'string'
$function$;

comment on function core.redact_headers(jsonb) is
  'Headers without personal data: texts, masked and redacted';

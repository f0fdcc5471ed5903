-- Cleans the documented members of an own event. What else the sender adds stays and is looked at
-- by core.redact_json: these are our own event types, so no path of theirs is known to be personal.
-- A batch becomes one touch.recorded document per touch, each with what stood beside the touches.
-- That is bounded, because five hundred copies of it are stored.
create or replace function core.redact_standard(p_payload jsonb, p_hmac_pads bytea[])
  returns core.redaction
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_data jsonb := p_payload -> 'data';
  v_touches jsonb := v_data -> 'touches';
  v_beside jsonb;
  v_touch jsonb;
  v_cleaned record;
  v core.redaction;
begin
  if jsonb_typeof(v_data) is distinct from 'object' then
    perform core.raise_error(
      case when coalesce(v_data, 'null') = 'null' then 'missing_field' else 'invalid_field' end,
      'data');
  elsif p_payload ->> 'type' is distinct from 'touch.batch' then
    v_cleaned := core.standard_cleaned(v_data, p_hmac_pads);
    v.payload := p_payload || jsonb_build_object('data', v_cleaned.data);
    v.redacted_count := v_cleaned.redacted_count;
    return v;
  elsif coalesce(v_touches, 'null') = 'null' then
    perform core.raise_error('missing_field', 'data.touches');
  end if;
  -- In parentheses, in this order: jsonb_array_length raises an error of its own.
  if (case when jsonb_typeof(v_touches) = 'array'
    then jsonb_array_length(v_touches) not between 1 and 500 else true end)
  then
    perform core.raise_error('invalid_field', 'data.touches');
  end if;

  v_beside := p_payload - 'data'
    || case when v_data - 'touches' = '{}' then '{}'
      else jsonb_build_object('batch', v_data - 'touches') end
    || '{"type": "touch.recorded"}';
  if length(v_beside::text) > 2000 then
    perform core.raise_error('invalid_field', 'members beside data.touches');
  end if;
  v.redacted_count := 0;
  for v_touch in
    select t.touch from jsonb_array_elements(v_touches) with ordinality as t (touch, ordinal)
     order by t.ordinal
  loop
    v_cleaned := core.standard_cleaned(v_touch, p_hmac_pads);
    v.parts := v.parts || (v_beside || jsonb_build_object('data', v_cleaned.data));
    v.redacted_count := v.redacted_count + v_cleaned.redacted_count;
  end loop;
  return v;
end
$function$;

comment on function core.redact_standard(jsonb, bytea[]) is
$doc$An own event with its documented members cleaned; of a touch.batch one part per touch.
Raises: missing_field or invalid_field (data, data.touches), where the document is no own event, or
a batch has no touches, more than 500, or more than 2000 characters beside them.$doc$;

-- Walks a document and replaces personal data: every value under a key named like it, and within
-- strings whatever is shaped like it. Expensive, so a part that core.looks_like_pii clears is
-- returned as it is: only the branches that hold something are walked.
create or replace function core.redact_json(
  p_value jsonb,
  p_hmac_pads bytea[] default null,
  p_key text default ''
)
  returns jsonb
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_text text;
  -- clientIp is client_Ip: short words only count as words.
  v_is_personal boolean := ('"' || regexp_replace(p_key, '([a-z])([A-Z])', '\1_\2', 'g') || '"')
    ~* core.pii_key_pattern();
begin
  if not core.looks_like_pii(jsonb_build_object(p_key, p_value)::text) then
    return p_value;
  end if;
  case jsonb_typeof(p_value)
    when 'object' then
      -- An object about a person or place that says anything: whatever its members are called, only
      -- its id may stay.
      if (p_key ~* (core.person_key_pattern() || '$') or v_is_personal)
        and jsonb_path_exists(
          p_value - 'id', '$.** ? (@.type() == "string" || @.type() == "number")')
      then
        return jsonb_strip_nulls(
          jsonb_build_object('id', core.pseudonymise(p_hmac_pads, p_value ->> 'id')));
      end if;
      return coalesce((
        select jsonb_object_agg(
          core.mask_text(m.key, p_hmac_pads), core.redact_json(m.value, p_hmac_pads, m.key))
          from jsonb_each(p_value) as m), p_value);
    when 'array' then
      return coalesce((
        select jsonb_agg(core.redact_json(e.value, p_hmac_pads, p_key) order by e.ordinal)
          from jsonb_array_elements(p_value) with ordinality as e (value, ordinal)), p_value);
    when 'string', 'number' then
      v_text := p_value #>> '{}';
      if v_is_personal then
        return to_jsonb(case
          when v_text ~ '^(\s*|\[[a-z]+\]|~[0-9a-f]{32})$' then v_text
          else coalesce(core.pseudonymise(p_hmac_pads, v_text), '[redacted]')
        end);
      end if;
      -- A document inside a string: its keys are out of sight, so it goes as a whole.
      if v_text ~ '"\s*:'
        and core.looks_like_pii(regexp_replace(v_text, '"\s*:\s*', '": ', 'g'))
      then
        return '"[redacted]"'::jsonb;
      end if;
      v_text := core.mask_text(v_text, p_hmac_pads,
        p_key ~* '(id|ids|gid|uuid)$' and p_key !~* '(paid|valid|void|grid)$');
      return case when v_text = p_value #>> '{}' then p_value else to_jsonb(v_text) end;
    else
      return p_value;
  end case;
end
$function$;

comment on function core.redact_json(jsonb, bytea[], text) is
$doc$A document without personal data; equal to its argument when it holds none.
With pads, what is found becomes the tenant's pseudonym, not [redacted], [email], [phone] ….$doc$;

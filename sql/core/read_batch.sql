-- Reads the parts of a batch, each on its own: a bad one becomes a failure at its place and the
-- others stand. An event that failed carries what of its part may be kept. Where the parts before
-- come to 512k characters, one that may hold personal data is not walked any more: five hundred
-- full of it would take longer than a call may.
create or replace function core.read_batch(
  p_provider text,
  p_headers jsonb,
  p_parts jsonb[],
  p_settings jsonb,
  p_hmac_pads bytea[]
)
  returns core.interpretation
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v core.interpretation;
  v_part core.interpretation;
  v_failed core.canonical_event;
  v_payload jsonb;
  v_length integer := 0;
begin
  v.status := 'accepted';
  v.is_batch := true;
  foreach v_payload in array p_parts loop
    if v_length > 524288 and core.looks_like_pii(v_payload::text) then
      v_part := null;
      v_part.status := 'dead';
      v_part.dead_letter := core.describe_failure('redact', '23514', 'too large to be redacted');
    else
      v_part := core.read_part(p_provider, p_headers, v_payload, p_settings, p_hmac_pads);
    end if;
    v_length := v_length + length(v_payload::text);
    if v_part.status = 'dead' then
      v_failed.failure := v_part.dead_letter;
      v_failed.payload := (v_part.dead_letter).payload;
      v.events := v.events || v_failed;
    else
      v.events := v.events || v_part.events;
    end if;
  end loop;
  return v;
end
$function$;

comment on function core.read_batch(text, jsonb, jsonb[], jsonb, bytea[]) is
  'Reads the parts of a batch into canonical events, one that failed for each bad part';

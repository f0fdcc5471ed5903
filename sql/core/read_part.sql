-- Judges one redacted document (a payload, or one part of a batch) and normalises it. Personal data
-- outside the declared paths is quarantined, or replaced where the endpoint wants that. What is
-- wrong ends up in dead_letter; only faults of the machine are raised.
-- What the scan finds clean is noted for the rest of the transaction (core.note_clean_text), so
-- that the guard trigger need not scan the same text again.
create or replace function core.read_part(
  p_provider text,
  p_headers jsonb,
  p_payload jsonb,
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
  v_stage text := 'redact';
  v_redacted jsonb;  -- only ever what may be kept
  v_text text := p_payload::text;
  v_sqlstate text;
  v_detail text;
begin
  v.status := 'accepted';
  begin
    if core.may_hold_pii(p_provider, p_payload, v_text) then
      if length(v_text) > 131072 then
        -- Walking it would take seconds: nothing of it is kept but its shape.
        perform core.raise_error('pii_violation', 'too large to be redacted');
      end if;
      v_redacted := core.redact_json(p_payload,
        case when p_settings ->> 'pii' = 'pseudonymise' then p_hmac_pads end);
      if v_redacted <> p_payload
        and coalesce(p_settings ->> 'pii', 'quarantine') = 'quarantine'
      then
        perform core.raise_error(
          'pii_violation', core.mask_text(core.changed_paths(p_payload, v_redacted)));
      end if;
    elsif core.note_clean_text(v_text) is not null then
      v_redacted := p_payload;
    end if;

    v_stage := 'normalize';
    v.events := core.normalize(p_provider, p_headers, v_redacted, p_settings);
  exception when others then
    if core.is_infrastructure_error(sqlstate) then
      raise;
    end if;
    get stacked diagnostics v_sqlstate = returned_sqlstate, v_detail = pg_exception_detail;
    v.dead_letter := core.describe_failure(v_stage, v_sqlstate, v_detail);
    v.dead_letter.payload := v_redacted;
    v.status := 'dead';
    v.reason := (v.dead_letter).reason;
  end;
  return v;
end
$function$;

comment on function core.read_part(text, jsonb, jsonb, jsonb, bytea[]) is
  'Reads one redacted document into its canonical events, or why it is dead; writes nothing';

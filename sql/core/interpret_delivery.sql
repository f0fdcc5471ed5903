-- Reads a delivery without writing anything: parse, identify, redact, normalise. Whatever is wrong
-- with the payload ends up in dead_letter; only faults of the machine are raised. Because nothing
-- is written inside it, the exception block costs no subtransaction id. A replay takes the same
-- way, with the redacted payload as its body.
create or replace function core.interpret_delivery(
  p_provider text,
  p_headers jsonb,
  p_body bytea,
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
  v_dead core.dead_letter;
  v_stage text := 'decode';
  v_identity core.delivery_identity;
  v_kept core.redaction;
  v_payload jsonb;
  v_redacted jsonb;
  v_text text;
  v_unreadable boolean := true;
begin
  v.status := 'accepted';
  v.redacted_count := 0;
  begin
    begin
      v_payload := core.read_body(p_body);
      v_unreadable := false;
    exception when others then
      -- Header-identified providers still tell topic and delivery of an unreadable body.
      if core.is_infrastructure_error(sqlstate) then
        raise;
      end if;
      get stacked diagnostics v_dead.sqlstate = returned_sqlstate;
    end;

    v_identity := core.identify(p_provider, p_headers, v_payload);
    v.topic := v_identity.topic;
    v.delivery_key := v_identity.delivery_key;
    v.reason := v_identity.ignore_reason;
    if v.reason is not null then
      v.status := 'ignored';
      return v;
    elsif v_unreadable then
      raise exception using errcode = v_dead.sqlstate;
    end if;
    v_stage := 'identify';
    if v.topic is null then
      perform core.raise_error('missing_field', 'topic');
    end if;

    v_stage := 'redact';
    v_kept := core.redact(p_provider, v_payload, p_hmac_pads);
    v.redacted_count := v_kept.redacted_count;
    v_payload := v_kept.payload;
    v_redacted := v_payload;
    v_text := v_payload::text;
    if core.looks_like_pii(v_text) then
      if length(v_text) > 131072 then
        -- Walking it would take seconds: nothing of it is kept but its shape.
        v_redacted := null;
        perform core.raise_error('pii_violation', 'too large to be redacted');
      end if;
      v_redacted := core.redact_json(v_payload,
        case when p_settings ->> 'pii' = 'pseudonymise' then p_hmac_pads end);
      if v_redacted <> v_payload
        and coalesce(p_settings ->> 'pii', 'quarantine') = 'quarantine'
      then
        perform core.raise_error(
          'pii_violation', core.mask_text(core.changed_paths(v_payload, v_redacted)));
      end if;
    end if;

    v_stage := 'normalize';
    v.events := core.normalize(p_provider, p_headers, v_redacted, p_settings);
  exception when others then
    if core.is_infrastructure_error(sqlstate) then
      raise;
    end if;
    get stacked diagnostics
      v_dead.sqlstate = returned_sqlstate,
      v_dead.detail = pg_exception_detail;
    v.status := 'dead';
    v.dead_letter := core.describe_failure(v_stage, v_dead.sqlstate, v_dead.detail);
    -- Before redaction is complete nothing of the payload is safe to keep but its shape.
    v.dead_letter.payload := core.redact_json(v_redacted);
    if v_redacted is null then
      v.dead_letter.masked_body := core.mask_body(p_body);
    end if;
    v.reason := (v.dead_letter).reason;
  end;
  return v;
end
$function$;

comment on function core.interpret_delivery(text, jsonb, bytea, jsonb, bytea[]) is
  'Reads a delivery into its canonical events, or why it is ignored or dead; writes nothing';

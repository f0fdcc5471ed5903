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
  v_headers jsonb := p_headers;
  v_identity core.delivery_identity;
  v_kept core.redaction;
  v_payload jsonb;
  v_is_read boolean := false;
  v_contradicts boolean := false;
begin
  v.redacted_count := 0;
  begin
    begin
      v_payload := core.read_body(p_body);
      v_is_read := true;
    exception when others then
      -- Header-identified providers still tell topic and delivery of an unreadable body.
      if core.is_infrastructure_error(sqlstate) then
        raise;
      end if;
      get stacked diagnostics v_dead.sqlstate = returned_sqlstate;
    end;

    if p_headers ? 'hookledger-topic' then
      v_headers := core.add_route_topic(p_provider, p_headers, v_payload);
    end if;
    v_identity := core.identify(p_provider, v_headers, v_payload);
    v.topic := v_identity.topic;
    v.delivery_key := v_identity.delivery_key;
    v.key_includes_body := v_identity.key_includes_body;
    v.proof_key := v_identity.proof_key;
    v_contradicts := v.topic is not null and p_headers ? 'hookledger-topic'
      and not core.matches_topic(p_headers ->> 'hookledger-topic', v.topic,
        core.string_of(v_payload -> 'status'));
    if v_identity.ignore_reason is not null and not v_contradicts then
      v.status := 'ignored';
      v.reason := v_identity.ignore_reason;
      return v;
    elsif not v_is_read then
      raise exception using errcode = v_dead.sqlstate;
    end if;

    v_stage := 'identify';
    if v.topic is null then
      perform core.raise_error('missing_field', 'topic');
    elsif v_contradicts and v_identity.ignore_reason is not null then
      perform core.raise_error('topic_mismatch', 'topic ' || v.topic);
    end if;

    v_stage := 'redact';
    v_kept := core.redact(p_provider, v_payload, p_hmac_pads);
    v.redacted_count := v_kept.redacted_count;
    if v_contradicts then
      v_stage := 'identify';
      perform core.raise_error('topic_mismatch', 'topic ' || v.topic);
    end if;

    v := case
      when v_kept.parts is null
      then core.read_part(p_provider, v_headers, v_kept.payload, p_settings, p_hmac_pads)
      else core.read_batch(p_provider, v_headers, v_kept.parts, p_settings, p_hmac_pads)
    end;
    v.topic := v_identity.topic;
    v.delivery_key := v_identity.delivery_key;
    v.key_includes_body := v_identity.key_includes_body;
    v.proof_key := v_identity.proof_key;
    v.redacted_count := v_kept.redacted_count;
  exception when others then
    if core.is_infrastructure_error(sqlstate) then
      raise;
    end if;
    get stacked diagnostics
      v_dead.sqlstate = returned_sqlstate,
      v_dead.detail = pg_exception_detail;
    v.status := 'dead';
    v.dead_letter := core.describe_failure(v_stage, v_dead.sqlstate, v_dead.detail);
    v.dead_letter.payload := core.redact_json(v_kept.payload);
    v.dead_letter.is_quarantined := coalesce((v.dead_letter).payload <> v_kept.payload, false);
    if v_kept.parts is not null then
      v.is_batch := true;
      v.events := core.fail_batch(v_kept.parts, v.dead_letter);
    end if;
    v.reason := (v.dead_letter).reason;
  end;
  v.dead_letter.redacted_count := v.redacted_count;
  -- Where redaction is not complete nothing of the payload is safe to keep but its shape.
  if v.status = 'dead' and (v.dead_letter).payload is null then
    v.dead_letter.masked_body := core.mask_body(p_body);
  end if;
  return v;
end
$function$;

comment on function core.interpret_delivery(text, jsonb, bytea, jsonb, bytea[]) is
  'Reads a delivery into its canonical events, or why it is ignored or dead; writes nothing';

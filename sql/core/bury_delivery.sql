-- Writes a dead letter: one row per receipt and position. Where it lies there already (the attempt
-- was repeated and failed again) the newer failure replaces the older and the attempts are counted.
-- Should the guard trigger refuse what redaction let through, the letter is written without it: a
-- delivery that cannot even be buried would come back for ever.
create or replace function core.bury_delivery(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_receipt_id uuid,
  p_position integer,
  p_provider text,
  p_topic text,
  p_delivery_key text,
  p_verification text,
  p_headers jsonb,
  p_request_sha256 bytea,
  p_body_bytes integer,
  p_dead core.dead_letter
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_dead core.dead_letter := p_dead;
  v_headers jsonb := core.redact_headers(p_headers);
  v_is_stripped boolean := false;
begin
  v_dead.detail := core.mask_text(v_dead.detail);
  loop
    begin
      insert into core.dead_events as d (
        tenant_id, dead_event_id, receipt_id, position, endpoint_id, provider, topic, delivery_key,
        verification, stage, reason, sqlstate, message, detail, headers, payload, masked_body,
        body_sha256, body_bytes, first_failed_at, last_failed_at, last_seen_at
      )
      values (
        p_tenant_id, core.uuid_v7(), p_receipt_id, p_position, p_endpoint_id, p_provider, p_topic,
        p_delivery_key, p_verification, v_dead.stage, v_dead.reason, v_dead.sqlstate,
        v_dead.message, v_dead.detail, v_headers, v_dead.payload, v_dead.masked_body,
        p_request_sha256, p_body_bytes, v_now, v_now, v_now
      )
      on conflict (tenant_id, receipt_id, position) do update
        set stage = excluded.stage,
            reason = excluded.reason,
            sqlstate = excluded.sqlstate,
            message = excluded.message,
            detail = excluded.detail,
            payload = excluded.payload,
            masked_body = excluded.masked_body,
            attempts = d.attempts + 1,
            last_failed_at = excluded.last_failed_at,
            status = 'open',
            resolution_note = null,
            resolved_by = null,
            resolved_at = null;
      return;
    exception when check_violation then
      if v_is_stripped then
        raise;
      end if;
      v_is_stripped := true;
      v_headers := '{}';
      v_dead.payload := null;
      v_dead.masked_body := null;
    end;
  end loop;
end
$function$;

comment on function core.bury_delivery(
  uuid, uuid, uuid, integer, text, text, text, text, jsonb, bytea, integer, core.dead_letter) is
  'Puts a delivery, or one event of it, into the dead-letter queue';

-- Writes a dead letter: one row per receipt and position. Where it lies there already (the attempt
-- was repeated and failed again) the newer failure replaces the older and the attempts are counted;
-- what a person discarded stays so. A transient failure whose document is kept tries again by
-- itself, by a job.
-- Should the guard trigger refuse what redaction let through, the letter is written without it: a
-- delivery that cannot even be buried would come back for ever.
create or replace function core.bury_delivery(
  p_tenant_id uuid,
  p_delivery core.delivery,
  p_position integer,
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
  v_jitter double precision := random();
  v_dead core.dead_letter := p_dead;
  v_gate core.webhook_dedup_events := p_delivery.gate;
  v_headers jsonb := core.redact_headers(p_delivery.headers);
  v_is_stripped boolean := false;
  v_next timestamptz;
begin
  v_dead.detail := core.mask_text(v_dead.detail);
  loop
    v_next := case when v_dead.payload is not null
      then core.next_attempt_at(v_dead.reason, 1, v_now, v_jitter) end;
    begin
      insert into core.dead_events as d (
        tenant_id, dead_event_id, receipt_id, position, endpoint_id, provider, topic, delivery_key,
        verification, stage, reason, sqlstate, message, detail, headers, payload, masked_body,
        body_sha256, body_bytes, first_failed_at, last_failed_at, last_seen_at, status,
        next_attempt_at, is_quarantined, redacted_count
      )
      values (
        p_tenant_id, core.uuid_v7(), v_gate.receipt_id, p_position, v_gate.endpoint_id,
        p_delivery.provider, v_gate.topic, v_gate.delivery_key, v_gate.verification, v_dead.stage,
        v_dead.reason, v_dead.sqlstate, v_dead.message, v_dead.detail, v_headers, v_dead.payload,
        v_dead.masked_body, v_gate.request_sha256, v_gate.body_bytes, v_now, v_now, v_now,
        case when v_next is null then 'open' else 'retrying' end,
        v_next, coalesce(v_dead.is_quarantined, false), coalesce(v_dead.redacted_count, 0)
      )
      on conflict (tenant_id, receipt_id, position) do update
        set stage = excluded.stage,
            reason = excluded.reason,
            sqlstate = excluded.sqlstate,
            message = excluded.message,
            detail = excluded.detail,
            payload = excluded.payload,
            masked_body = excluded.masked_body,
            is_quarantined = excluded.is_quarantined,
            redacted_count = greatest(d.redacted_count, excluded.redacted_count),
            attempts = d.attempts + 1,
            last_failed_at = excluded.last_failed_at,
            status = case
              when d.status = 'discarded' then 'discarded'
              when excluded.payload is null or core.next_attempt_at(
                excluded.reason, d.attempts + 1, excluded.last_failed_at, v_jitter) is null
              then 'open' else 'retrying' end,
            next_attempt_at = case
              when d.status <> 'discarded' and excluded.payload is not null
              then core.next_attempt_at(
                excluded.reason, d.attempts + 1, excluded.last_failed_at, v_jitter) end,
            resolution_note = case when d.status = 'discarded' then d.resolution_note end,
            resolved_by = case when d.status = 'discarded' then d.resolved_by end,
            resolved_at = case when d.status = 'discarded' then d.resolved_at end
      returning d.next_attempt_at into v_next;
      exit;
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
  if v_next is not null then
    perform core.enqueue_job(
      p_tenant_id, 'maintenance', 'retry_dead_events', 'due', p_run_at => v_next);
  end if;
end
$function$;

comment on function core.bury_delivery(uuid, core.delivery, integer, core.dead_letter) is
  'Puts a delivery, or one event of it, into the dead-letter queue';

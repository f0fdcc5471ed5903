-- Replays one dead letter and writes down what came of it: resolved, with the receipt in the gate
-- told anew, or the newer failure with one attempt more. Whatever a row does is undone when it
-- fails, and never stops the rows beside it; only the server's own trouble is raised.
-- It never waits for another operator or a redelivery (skipped), and for a sale or an object that a
-- webhook is booking at the moment half a second at most: live traffic goes first.
-- Locks, as api.ingest_webhook takes them: the gate row, the dead letter, then those of the events.
create or replace function core.replay_dead_event(
  p_tenant_id uuid,
  p_dead_event_id uuid,
  p_is_named boolean,
  p_request_key text
)
  returns core.replay_outcome
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '500ms'
as $function$
declare
  v_gate core.webhook_dedup_events;
  v_row core.dead_events;
  v_attempt core.event_attempt;
  v_dead core.dead_letter;
  v_sqlstate text;
  v_detail text;
  v_constraint text;
  v core.replay_outcome;
begin
  select g.* into v_gate
    from core.webhook_dedup_events as g
   where g.tenant_id = p_tenant_id
     and (g.endpoint_id, g.delivery_key) = (
       select d.endpoint_id, d.delivery_key
         from core.dead_events as d
        where d.tenant_id = p_tenant_id and d.dead_event_id = p_dead_event_id)
     for update skip locked;
  if found then
    select d.* into v_row
      from core.dead_events as d
     where d.tenant_id = p_tenant_id and d.dead_event_id = p_dead_event_id
       and d.status in ('open', 'retrying')
       for update skip locked;
  end if;
  v.outcome := 'skipped';
  if not found then
    v.reason := 'busy_or_closed';
    return v;
  elsif core.needs_decision(v_row.reason) and not p_is_named then
    v.reason := 'needs_decision';
    return v;
  end if;

  if v_row.payload is null then
    v_dead := core.describe_failure('decode',
      (select e.sqlstate from core.errors() as e where e.reason = 'not_replayable'));
  else
    begin
      v_attempt := core.reprocess_dead_event(p_tenant_id, v_gate, v_row);
      v_dead := v_attempt.dead;
      if v_attempt.status = 'dead' then
        perform core.raise_error(v_dead.reason);  -- undoes what was recorded on the way
      end if;
    exception when others then
      if left(sqlstate, 2) in ('40', '55') then
        v.reason := 'busy_or_closed';
        return v;
      elsif left(sqlstate, 2) <> 'XX' and core.is_infrastructure_error(sqlstate) then
        raise;
      end if;
      if v_dead.stage is null then
        get stacked diagnostics
          v_sqlstate = returned_sqlstate,
          v_detail = pg_exception_detail,
          v_constraint = constraint_name;
        v_dead := core.describe_failure(
          'book', case when v_constraint = '' then v_sqlstate else 'HL199' end, v_detail);
      end if;
    end;
  end if;

  if v_dead.stage is null then
    v.outcome := 'replayed';
    v.note := 'replayed: ' || coalesce(v_attempt.reason, v_attempt.status);
    perform core.close_dead_event(p_tenant_id, v_row, 'resolved', v.note);
  else
    v.outcome := 'failed';
    v.reason := v_dead.reason;
    v.sqlstate := v_dead.sqlstate;
    perform core.fail_dead_event(p_tenant_id, v_row, v_dead);
  end if;
  perform core.settle_replay(p_tenant_id, v_gate, v_attempt);
  perform core.log_dead_event(p_tenant_id, v_row, v_row.attempts + 1, p_request_key,
    case v.outcome when 'replayed' then 'resolved' else 'failed' end, v.reason, v.sqlstate, v.note);
  return v;
end
$function$;

comment on function core.replay_dead_event(uuid, uuid, boolean, text) is
  'Replays one dead letter and records the attempt; p_is_named: its id or reason was asked for';

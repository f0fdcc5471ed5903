-- Takes back a discard, or doubts a resolution: the letter waits for a person again. What is in the
-- ledger stays there; a replay books nothing twice. Locks: the gate row, then the dead letter.
create or replace function api.reopen_dead_event(
  p_tenant_id uuid,
  p_dead_event_id uuid,
  p_reason text
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_row core.dead_events;
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_note(p_reason);
  v_row := core.lock_dead_event(p_tenant_id, p_dead_event_id);
  if v_row.status not in ('resolved', 'discarded') then
    perform core.raise_error('not_closed', format('dead_event_id %s', p_dead_event_id));
  end if;
  update core.dead_events
     set status = 'open', resolution_note = null, resolved_by = null, resolved_at = null
   where tenant_id = p_tenant_id and dead_event_id = p_dead_event_id;
  perform core.log_dead_event(
    p_tenant_id, v_row, v_row.attempts, null, 'reopened', v_row.reason, v_row.sqlstate, p_reason);
  if v_row.status = 'discarded' then
    perform core.settle_dead_event(p_tenant_id, v_row);
  end if;
end
$function$;

comment on function api.reopen_dead_event(uuid, uuid, text) is
$doc$Puts a resolved or discarded dead letter back into the queue, with the reason why.
p_reason: 1 to 500 characters without personal data. Nothing is taken out of the ledger.
Raises: HL002 unknown_tenant (null), HL060 unknown_dead_event, HL066 not_closed,
HL067 invalid_note.
Example: select api.reopen_dead_event(:tenant, :dead_event, 'discarded by mistake');$doc$;

revoke all on function api.reopen_dead_event(uuid, uuid, text) from public;
grant execute on function api.reopen_dead_event(uuid, uuid, text) to hookledger_dba;

-- A person decides that this will not be booked. A redelivery then is a duplicate like any other.
-- Locks: the gate row, then the dead letter.
create or replace function api.discard_dead_event(
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
  if v_row.status = 'resolved' then
    perform core.raise_error(
      'already_resolved', format('dead_event_id %s', p_dead_event_id));
  elsif v_row.status = 'discarded' then
    return;
  end if;
  perform core.close_dead_event(p_tenant_id, v_row, 'discarded', p_reason);
  perform core.log_dead_event(
    p_tenant_id, v_row, v_row.attempts, null, 'discarded', v_row.reason, v_row.sqlstate, p_reason);
  perform core.settle_dead_event(p_tenant_id, v_row);
end
$function$;

comment on function api.discard_dead_event(uuid, uuid, text) is
$doc$Takes a dead letter out of the queue for good, with the reason why. It stays on record.
p_reason: 1 to 500 characters without personal data. Discarding twice changes nothing.
Raises: HL002 unknown_tenant (null), HL060 unknown_dead_event, HL065 already_resolved,
HL067 invalid_note.
Example: select api.discard_dead_event(:tenant, :dead_event, 'test order of the shop');$doc$;

revoke all on function api.discard_dead_event(uuid, uuid, text) from public;
grant execute on function api.discard_dead_event(uuid, uuid, text) to hookledger_dba;

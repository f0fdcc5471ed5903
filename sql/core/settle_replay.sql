-- Tells the receipt anew after a replay, so that a redelivery is answered with what is true now:
-- the best that became of any event of the delivery, and the reason of what still waits. A
-- redelivery is only processed again while a transient failure waits.
create or replace function core.settle_replay(
  p_tenant_id uuid,
  p_gate core.webhook_dedup_events,
  p_attempt core.event_attempt
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_order constant text[] := array['dead', 'ignored', 'duplicate', 'superseded', 'accepted'];
  v_waiting record;
  v_is_better boolean := coalesce(
    array_position(v_order, p_attempt.status) > array_position(v_order, p_gate.status), false);
begin
  select bool_or(core.is_transient(d.reason)) as is_transient,
      (array_agg(d.reason order by d.position))[1] as reason
    into v_waiting
    from core.dead_events as d
   where d.tenant_id = p_tenant_id and d.receipt_id = p_gate.receipt_id
     and d.status in ('open', 'retrying');
  perform core.settle_delivery(
    p_tenant_id, p_gate.endpoint_id, p_gate.delivery_key,
    case when v_waiting.is_transient then 'failed' else 'done' end,
    case when v_is_better then p_attempt.status else p_gate.status end,
    case when v_is_better then p_attempt.event_id else p_gate.event_id end,
    coalesce(v_waiting.reason, case
      when v_is_better then p_attempt.reason
      when p_gate.status = 'dead'
        or not exists (select from core.errors() as e where e.reason = p_gate.reason)
      then p_gate.reason end));
end
$function$;

comment on function core.settle_replay(
  uuid, core.webhook_dedup_events, core.event_attempt) is
  'Updates the gate row of a delivery after one of its dead letters was replayed';

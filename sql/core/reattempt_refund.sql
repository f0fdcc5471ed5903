-- A refund above its sale once more: its rest is booked as far as the sale has room by now. Where a
-- sale came after refunds that exceed it, there is nothing to book: the correction took it back.
create or replace function core.reattempt_refund(
  p_tenant_id uuid,
  p_row core.dead_events,
  p_event core.canonical_event
)
  returns core.event_attempt
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v core.event_attempt;
  v_rest text;
begin
  select e.event_id into v.event_id
    from core.attribution_events as e
   where e.tenant_id = p_tenant_id and e.provider = p_event.provider
     and e.dedup_key = p_event.dedup_key;
  v_rest := case when p_event.kind = 'refund' and v.event_id is not null
    then core.book_rest(p_tenant_id, v.event_id, p_event) else p_row.detail end;
  v.status := 'accepted';
  if v_rest is null then
    v.reason := 'rest_booked';
  else
    v.reason := p_row.reason;
    v.dead := core.describe_failure('book', p_row.sqlstate, v_rest);
  end if;
  return v;
end
$function$;

comment on function core.reattempt_refund(uuid, core.dead_events, core.canonical_event) is
  'Books the rest of a refund that exceeded its sale, or tells what still exceeds it';

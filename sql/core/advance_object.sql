-- Keeps what is known of an order or payment: the state that is later by the provider's time, then
-- by rank, then by arrival. Deliveries come in any order; an older one changes nothing. Two
-- statements, because most objects are new and DO UPDATE costs those twice as much; states are never
-- deleted.
-- Locks: the row of the object, until the transaction ends.
create or replace function core.advance_object(
  p_tenant_id uuid,
  p_event core.canonical_event
)
  returns boolean
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
begin
  insert into core.object_states (
    tenant_id, provider, object_id, status, status_rank, occurred_at, changed_at
  )
  values (
    p_tenant_id, p_event.provider, p_event.object_id, p_event.status, p_event.status_rank,
    p_event.occurred_at, v_now
  )
  on conflict (tenant_id, provider, object_id) do nothing;
  if not found then
    update core.object_states as s
       set status = p_event.status,
           status_rank = p_event.status_rank,
           occurred_at = p_event.occurred_at,
           changed_at = v_now
     where s.tenant_id = p_tenant_id and s.provider = p_event.provider
       and s.object_id = p_event.object_id
       and (s.occurred_at, s.status_rank) <= (p_event.occurred_at, p_event.status_rank);
  end if;
  return found;
end
$function$;

comment on function core.advance_object(uuid, core.canonical_event) is
  'Records the state an event tells; false where a later one is known';

-- Keeps what is known of orders and payments: the state that is later by the provider's time, then
-- by rank, then by arrival. Deliveries come in any order; an older one changes nothing. Two
-- statements, because most objects are new and DO UPDATE costs those twice as much; states are
-- never deleted.
-- Locks: the rows of the objects, in the order of their keys, until the transaction ends.
create or replace function core.advance_objects(
  p_tenant_id uuid,
  p_origins core.event_origin[],
  p_events core.canonical_event[]
)
  returns integer[]
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_i integer;
  v_now timestamptz := clock_timestamp();
  v_added text[];
  v_place integer;
  v_event core.canonical_event;
  v_outdated integer[];
  v_count integer := 0;
begin
  for v_i in 1 .. cardinality(p_events) loop
    if (p_events[v_i]).status is not null and (p_origins[v_i]).verification <> 'unverified' then
      v_count := v_count + 1;
    end if;
  end loop;
  if v_count = 0 then
    return null;
  end if;
  with added as (
    insert into core.object_states (
      tenant_id, provider, object_id, status, status_rank, occurred_at, changed_at
    )
    select p_tenant_id, i.provider, i.object_id, i.status, i.status_rank, i.occurred_at, v_now
      from rows from (unnest(p_origins), unnest(p_events)) with ordinality as i
     where i.verification <> 'unverified' and i.status is not null
     order by i.provider collate "C", i.object_id collate "C", i.ordinality
    on conflict (tenant_id, provider, object_id) do nothing
    returning provider, object_id
  )
  select array_agg(a.provider || ' ' || a.object_id) into v_added from added as a;
  if cardinality(v_added) = v_count then
    return null;
  end if;
  for v_i in
    select i.ordinality
      from rows from (unnest(p_origins), unnest(p_events)) with ordinality as i
     where i.verification <> 'unverified' and i.status is not null
     order by i.provider collate "C", i.object_id collate "C", i.ordinality
  loop
    v_event := p_events[v_i];
    -- Of several events of a new object the first one added it.
    v_place := array_position(v_added, v_event.provider || ' ' || v_event.object_id);
    if v_place is not null then
      v_added[v_place] := null;
      continue;
    end if;
    update core.object_states as s
       set status = v_event.status,
           status_rank = v_event.status_rank,
           occurred_at = v_event.occurred_at,
           changed_at = v_now
     where s.tenant_id = p_tenant_id and s.provider = v_event.provider
       and s.object_id = v_event.object_id
       and (s.occurred_at, s.status_rank) <= (v_event.occurred_at, v_event.status_rank);
    if not found then
      v_outdated := v_outdated || v_i;
    end if;
  end loop;
  return v_outdated;
end
$function$;

comment on function core.advance_objects(uuid, core.event_origin[], core.canonical_event[]) is
  'Records the states that events tell; the places of those of which a later one is known';

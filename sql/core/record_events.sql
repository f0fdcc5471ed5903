-- Stores canonical events and books them, all of them with one statement a table. The same fact
-- told again (by another delivery, another endpoint, a provider that repeats its state) is no
-- second event: its dedup_key is unique. What nobody has verified is kept apart: stored under a key
-- of its own, so that the confirmed telling is still new, and neither booked nor known as a state.
-- A part of a batch that could not be read is dead.
-- Locks: those of core.book_events, the states of the objects, then the events, each in the order
-- of their keys, until the transaction ends.
create or replace function core.record_events(
  p_tenant_id uuid,
  p_origins core.event_origin[],
  p_events core.canonical_event[]
)
  returns core.event_attempt[]
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_events core.canonical_event[] := p_events;
  v_bookings core.booking[];
  v_outdated integer[];
  v_count integer;
  v_stored uuid[];  -- null: all of them
  v_attempts core.event_attempt[];
  v core.event_attempt;
begin
  for v_i in 1 .. cardinality(v_events) loop
    if (v_events[v_i]).status !~ '^[a-z][a-z0-9_-]{0,39}$' then
      v_events[v_i].status := 'unknown';  -- a provider's word, not whatever else stood in its place
    end if;
    if (p_origins[v_i]).verification = 'unverified' then
      v_events[v_i].dedup_key := 'unverified:' || (v_events[v_i]).dedup_key;
    end if;
  end loop;
  v_bookings := core.book_events(p_tenant_id, p_origins, v_events);
  v_outdated := core.advance_objects(p_tenant_id, p_origins, v_events);

  insert into core.attribution_events (
    tenant_id, event_id, receipt_id, endpoint_id, provider, event_type, kind, object_id,
    parent_object_id, dedup_key, occurred_at, received_at, status, currency, amount_minor,
    session_id, customer_key, utm_source, utm_medium, utm_campaign, referrer, landing_page,
    channel, verification, redacted_count, reason, payload
  )
  select
      p_tenant_id, i.event_id, i.receipt_id, i.endpoint_id, i.provider, i.event_type, i.kind,
      i.object_id, i.parent_object_id,
      i.dedup_key, i.occurred_at, v_now, i.status, i.currency, i.amount_minor, i.session_id,
      i.customer_key, i.utm_source, i.utm_medium, i.utm_campaign, i.referrer, i.landing_page, i.channel,
      i.verification, i.redacted_count, i.reason, i.payload
    from rows from (unnest(p_origins), unnest(v_events), unnest(v_bookings))
      with ordinality as i
   where (i.failure).stage is null
   order by i.dedup_key collate "C", i.ordinality
  on conflict (tenant_id, provider, dedup_key) do nothing;
  get diagnostics v_count = row_count;
  if v_count < cardinality(v_events) then
    v_stored := array(
      select e.event_id
        from unnest(p_origins) as o
        join core.attribution_events as e
          on e.tenant_id = p_tenant_id and e.event_id = o.event_id);
  end if;

  for v_i in 1 .. cardinality(v_events) loop
    v := null;
    if ((v_events[v_i]).failure).stage is not null then
      v.dead := (v_events[v_i]).failure;
      v.status := 'dead';
      v.reason := (v.dead).reason;
    elsif v_stored is null or (p_origins[v_i]).event_id = any (v_stored) then
      v.event_id := (p_origins[v_i]).event_id;
      v.status := case when v_i = any (v_outdated) then 'superseded' else 'accepted' end;
      v.reason := (v_bookings[v_i]).reason;
      v.is_first := (v_bookings[v_i]).is_first;
      if (v_bookings[v_i]).excess is not null then
        v.dead := core.describe_failure('book',
          (select e.sqlstate from core.errors() as e where e.reason = 'refund_exceeds_sale'),
          format('object_id %s, excess_minor %s',
            (v_events[v_i]).object_id, (v_bookings[v_i]).excess));
        v.dead.payload := core.redact_json((v_events[v_i]).payload);
      end if;
    else
      -- Told before, so booked before: the ledger's business key let nothing through.
      select e.event_id into v.event_id
        from core.attribution_events as e
       where e.tenant_id = p_tenant_id and e.provider = (v_events[v_i]).provider
         and e.dedup_key = (v_events[v_i]).dedup_key;
      v.status := 'duplicate';
      v.reason := 'already_known';
    end if;
    v_attempts[v_i] := v;
  end loop;
  return v_attempts;
end
$function$;

comment on function core.record_events(uuid, core.event_origin[], core.canonical_event[]) is
  'Stores and books events: accepted; superseded, where a later state of its object is known; '
  'or duplicate, with the event that already tells this fact';

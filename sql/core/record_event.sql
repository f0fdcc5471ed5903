-- Stores one canonical event and books it. The same fact told again (by another delivery, another
-- endpoint, a provider that repeats its state) is no second event: its dedup_key is unique.
-- What nobody has verified is kept apart: stored under a key of its own, so that the confirmed
-- telling is still new, and neither booked nor known as a state.
-- Locks: for money an advisory lock on the sale, then the object's state, until the transaction
-- ends.
create or replace function core.record_event(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_receipt_id uuid,
  p_event_id uuid,
  p_verification text,
  p_redacted_count integer,
  p_event core.canonical_event,
  out event_id uuid,
  out status text,
  out reason text,
  out excess text
)
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_is_verified boolean := p_verification <> 'unverified';
  v_dedup_key text := case when v_is_verified then '' else 'unverified:' end || p_event.dedup_key;
  v_is_older boolean := false;
  v_booked record;
begin
  if not v_is_verified then
    reason := 'unverified';
  elsif p_event.kind in ('sale', 'refund', 'dispute') then
    -- IF, not PERFORM: an expression costs no start of the executor.
    if pg_advisory_xact_lock(hashtextextended(
      concat_ws(':', p_tenant_id, p_event.provider,
        coalesce(p_event.parent_object_id, p_event.object_id)), 0)) is null
    then
      return;
    end if;
    v_booked := core.book_revenue(p_tenant_id, p_event_id, p_event);
    reason := v_booked.reason;
    excess := v_booked.excess;
  end if;
  if p_event.status !~ '^[a-z][a-z0-9_-]{0,39}$' then
    p_event.status := 'unknown';  -- a provider's word, not whatever else stood in its place
  end if;
  if v_is_verified and p_event.status is not null then
    v_is_older := not core.advance_object(p_tenant_id, p_event);
  end if;

  insert into core.attribution_events (
    tenant_id, event_id, receipt_id, endpoint_id, provider, event_type, kind, object_id,
    parent_object_id, dedup_key, occurred_at, received_at, status, currency, amount_minor,
    session_id, customer_key, utm_source, utm_medium, utm_campaign, referrer, landing_page, channel,
    verification, redacted_count, reason, payload
  )
  values (
    p_tenant_id, p_event_id, p_receipt_id, p_endpoint_id, p_event.provider, p_event.event_type,
    p_event.kind, p_event.object_id, p_event.parent_object_id, v_dedup_key,
    p_event.occurred_at, v_now, p_event.status, p_event.currency, p_event.amount_minor,
    p_event.session_id, p_event.customer_key, p_event.utm_source, p_event.utm_medium,
    p_event.utm_campaign, p_event.referrer, p_event.landing_page, p_event.channel, p_verification,
    p_redacted_count, reason, p_event.payload
  )
  on conflict (tenant_id, provider, dedup_key) do nothing;
  if found then
    event_id := p_event_id;
    status := case when v_is_older then 'superseded' else 'accepted' end;
    return;
  end if;

  -- Told before, so booked before: the ledger's business key let nothing through.
  select e.event_id into event_id
    from core.attribution_events as e
   where e.tenant_id = p_tenant_id and e.provider = p_event.provider
     and e.dedup_key = v_dedup_key;
  status := 'duplicate';
  reason := 'already_known';
  excess := null;
end
$function$;

comment on function core.record_event(
  uuid, uuid, uuid, uuid, text, integer, core.canonical_event) is
  'Stores and books an event: accepted; superseded, where a later state of its object is known; '
  'or duplicate, with the event that already tells this fact';

-- Books events into the ledger, each exactly once per tenant, provider, kind and object, whatever
-- the order of arrival. New sales are entered with one statement; a sale that nothing was known of
-- before says so (core.mark_events_dirty). Then refunds and disputes, one after another, because
-- what one takes of a sale the next cannot.
-- Locks: for each sale an advisory lock, so a refund and its sale see each other, in the order of
-- the locks' numbers; then the entries.
create or replace function core.book_events(
  p_tenant_id uuid,
  p_origins core.event_origin[],
  p_events core.canonical_event[]
)
  returns core.booking[]
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_locks bigint[];
  v_lock bigint;
  v_booked uuid[];
  v_refunded uuid[];
  v_bookings core.booking[];
  v core.booking;
begin
  for v_i in 1 .. cardinality(p_events) loop
    if (p_origins[v_i]).verification <> 'unverified'
      and (p_events[v_i]).kind in ('sale', 'refund', 'dispute')
    then
      v_locks := v_locks || core.lock_of_sale(p_tenant_id, p_events[v_i]);
    end if;
  end loop;
  if cardinality(v_locks) > 1 then
    v_locks := array(select distinct l.lock from unnest(v_locks) as l (lock) order by l.lock);
  end if;
  foreach v_lock in array coalesce(v_locks, array[]::bigint[]) loop
    -- IF, not PERFORM: an expression costs no start of the executor.
    continue when pg_advisory_xact_lock(v_lock) is null;
  end loop;

  if v_locks is not null then
    with booked as (
      insert into core.revenue_ledger (
        tenant_id, provider, kind, object_id, parent_object_id, event_id, currency, amount_minor,
        occurred_at, booked_at
      )
      select
          p_tenant_id, i.provider, i.kind, i.object_id, i.parent_object_id, i.event_id, i.currency,
          i.amount_minor, i.occurred_at, v_now
        from rows from (unnest(p_origins), unnest(p_events)) with ordinality as i
       where i.kind = 'sale' and i.verification <> 'unverified'
       order by i.provider collate "C", i.object_id collate "C", i.ordinality
      on conflict (tenant_id, provider, kind, object_id) do nothing
      returning event_id, provider, object_id
    )
    select
        array_agg(b.event_id),
        array_agg(b.event_id) filter (where exists (
          select
            from core.revenue_ledger as l
           where l.tenant_id = p_tenant_id and l.provider = b.provider
             and l.parent_object_id = b.object_id and l.kind = 'refund'))
      into v_booked, v_refunded
      from booked as b;
  end if;

  for v_i in 1 .. cardinality(p_events) loop
    v := null;
    if (p_origins[v_i]).verification = 'unverified' then
      v.reason := 'unverified';
    elsif (p_origins[v_i]).event_id = any (v_refunded) then
      v := core.correct_refunds(p_tenant_id, (p_origins[v_i]).event_id, p_events[v_i]);
    elsif (p_origins[v_i]).event_id = any (v_booked) then
      v.is_first := true;
    elsif (p_events[v_i]).kind = 'sale' then
      v.reason := core.compare_entry(p_tenant_id, p_events[v_i]);
    elsif (p_events[v_i]).kind = 'refund' then
      v := core.book_refund(p_tenant_id, (p_origins[v_i]).event_id, p_events[v_i]);
    elsif (p_events[v_i]).kind = 'dispute' then
      v := core.book_entry(p_tenant_id, (p_origins[v_i]).event_id, p_events[v_i],
        (p_events[v_i]).amount_minor);
    end if;
    v_bookings[v_i] := v;
  end loop;
  return v_bookings;
end
$function$;

comment on function core.book_events(uuid, core.event_origin[], core.canonical_event[]) is
  'Books sales, refunds and disputes once each; '
  'says why one added nothing or less, and by how much less';

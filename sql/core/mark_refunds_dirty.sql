-- What a refund takes back depends on its sale's allocation: where that changed, the days of the
-- sale's refunds outside the window are computed again. A refund changes no sale, so this ends.
create or replace function core.mark_refunds_dirty(
  p_tenant_id uuid,
  p_sale_event_ids uuid[],
  p_window_start timestamptz,
  p_window_end timestamptz
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_days date[];
begin
  select array_agg(distinct (r.occurred_at at time zone 'UTC')::date) into v_days
    from unnest(p_sale_event_ids) as c (event_id)
    join core.attribution_events as e
      on e.tenant_id = p_tenant_id and e.event_id = c.event_id
    join core.revenue_ledger as l
      on l.tenant_id = p_tenant_id and l.provider = e.provider
        and l.parent_object_id = e.object_id and l.kind = 'refund'
    join core.attribution_events as r
      on r.tenant_id = p_tenant_id and r.provider = l.provider and r.object_id = l.object_id
        and r.kind = 'refund' and r.verification <> 'unverified'
   where r.occurred_at < p_window_start or r.occurred_at >= p_window_end;
  perform core.mark_days_dirty(p_tenant_id, v_days);
end
$function$;

comment on function core.mark_refunds_dirty(uuid, uuid[], timestamptz, timestamptz) is
  'Has the days of these sales'' refunds outside a window computed again';

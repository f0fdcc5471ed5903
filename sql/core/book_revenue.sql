-- Books one event into the ledger, exactly once per tenant, provider, kind and object, whatever the
-- order of arrival. Per currency, the refunds of a sale never exceed it: a refund is booked up to
-- what is left, and where refunds came before their sale a correction takes back what is too much.
-- A sale that nothing was known of before is noted for the rest of the transaction
-- (core.mark_order_dirty).
-- Locks: an advisory lock on the sale, so a refund and its sale see each other; then the entry.
create or replace function core.book_revenue(
  p_tenant_id uuid,
  p_event_id uuid,
  p_event core.canonical_event,
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
  v_sale_id text := coalesce(p_event.parent_object_id, p_event.object_id);
  v_amount bigint := p_event.amount_minor;
  v_refunded bigint;
  v_left bigint;
  v_known record;
  v_early record;
begin
  if p_event.kind = 'refund' then
    v_refunded := core.refunded_of_sale(
      p_tenant_id, p_event.provider, v_sale_id, p_event.currency);
    if p_event.amount_is_cumulative then
      v_amount := v_amount - v_refunded;
    end if;
    if v_amount <= 0 or exists (
      select
        from core.revenue_ledger as l
       where l.tenant_id = p_tenant_id and l.provider = p_event.provider
         and l.kind = 'refund' and l.object_id = p_event.object_id)
    then
      reason := 'already_booked';
      return;
    end if;
    v_left := core.sold_of_sale(p_tenant_id, p_event.provider, v_sale_id, p_event.currency)
      - v_refunded;
    if v_amount > v_left then
      reason := 'refund_exceeds_sale';
      excess := format('%s %s', v_amount - greatest(v_left, 0), p_event.currency);
      v_amount := greatest(v_left, 0);
      if v_amount = 0 then
        return;
      end if;
    end if;
  end if;

  insert into core.revenue_ledger (
    tenant_id, provider, kind, object_id, parent_object_id, event_id, currency, amount_minor,
    occurred_at, booked_at
  )
  values (
    p_tenant_id, p_event.provider, p_event.kind, p_event.object_id, p_event.parent_object_id,
    p_event_id, p_event.currency, case when p_event.kind = 'sale' then v_amount else -v_amount end,
    p_event.occurred_at, v_now
  )
  on conflict (tenant_id, provider, kind, object_id) do nothing;
  if not found then
    select l.currency, abs(l.amount_minor) as amount_minor into v_known
      from core.revenue_ledger as l
     where l.tenant_id = p_tenant_id and l.provider = p_event.provider
       and l.kind = p_event.kind and l.object_id = p_event.object_id;
    reason := case
      when v_known.currency = p_event.currency and v_known.amount_minor = p_event.amount_minor
      then 'already_booked' else 'amount_differs'
    end;
  elsif p_event.kind = 'sale' and exists (
    select
      from core.revenue_ledger as l
     where l.tenant_id = p_tenant_id and l.provider = p_event.provider
       and l.parent_object_id = p_event.object_id and l.kind = 'refund')
  then
    for v_early in
      select l.currency, -sum(l.amount_minor)
          - case when l.currency = p_event.currency then p_event.amount_minor else 0 end as excess
        from core.revenue_ledger as l
       where l.tenant_id = p_tenant_id and l.provider = p_event.provider
         and l.parent_object_id = p_event.object_id and l.kind = 'refund'
       group by l.currency
       order by l.currency
    loop
      continue when v_early.excess <= 0;
      insert into core.revenue_ledger (
        tenant_id, provider, kind, object_id, parent_object_id, event_id, currency, amount_minor,
        occurred_at, booked_at
      )
      values (
        p_tenant_id, p_event.provider, 'correction', p_event.object_id || ':' || v_early.currency,
        p_event.object_id, p_event_id, v_early.currency, v_early.excess, p_event.occurred_at, v_now
      );
      reason := 'refund_exceeds_sale';
      excess := concat_ws(', ', excess, format('%s %s', v_early.excess, v_early.currency));
    end loop;
  elsif p_event.kind = 'sale' and set_config('app.new_sale', p_event_id::text, true) is not null
  then
    null;  -- noted
  end if;
end
$function$;

comment on function core.book_revenue(uuid, uuid, core.canonical_event) is
  'Books a sale, refund or dispute once; '
  'says why it added nothing or less, and by how much less';

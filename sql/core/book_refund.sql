-- Books one refund: per currency, the refunds of a sale never exceed it, so it is booked up to what
-- is left. While the sale is not known there is no limit; should it turn out smaller, a correction
-- takes back what is too much (core.correct_refunds).
-- Locks: the entry; the caller holds the advisory lock on the sale.
create or replace function core.book_refund(
  p_tenant_id uuid,
  p_event_id uuid,
  p_event core.canonical_event
)
  returns core.booking
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_sale_id text := coalesce(p_event.parent_object_id, p_event.object_id);
  v_amount bigint := p_event.amount_minor;
  v_refunded bigint := core.refunded_of_sale(
    p_tenant_id, p_event.provider, v_sale_id, p_event.currency);
  v_left bigint;
  v_excess text;
  v core.booking;
begin
  if p_event.amount_is_cumulative then
    v_amount := v_amount - v_refunded;
  end if;
  if v_amount <= 0 or exists (
    select
      from core.revenue_ledger as l
     where l.tenant_id = p_tenant_id and l.provider = p_event.provider
       and l.kind = 'refund' and l.object_id = p_event.object_id)
  then
    v.reason := 'already_booked';
    return v;
  end if;
  v_left := core.sold_of_sale(p_tenant_id, p_event.provider, v_sale_id, p_event.currency)
    - v_refunded;
  if v_amount > v_left then
    v_excess := format('%s %s', v_amount - greatest(v_left, 0), p_event.currency);
    v_amount := greatest(v_left, 0);
  end if;
  if v_amount > 0 then
    v := core.book_entry(p_tenant_id, p_event_id, p_event, v_amount);
  end if;
  if v_excess is not null then
    v.reason := coalesce(v.reason, 'refund_exceeds_sale');
    v.excess := v_excess;
  end if;
  return v;
end
$function$;

comment on function core.book_refund(uuid, uuid, core.canonical_event) is
  'Books a refund once, up to what its sale has left; '
  'says why it added nothing or less, and by how much less';

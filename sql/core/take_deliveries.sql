-- Deliveries that were read pass the dedup gate together. What is new is recorded, all at once;
-- then those that came before are met one by one, because some of them may have come in this very
-- group.
-- Locks, in this order: the gate rows, those of core.record_deliveries, the gate rows that are met.
create or replace function core.take_deliveries(
  p_tenant_id uuid,
  p_deliveries core.delivery[]
)
  returns core.receipt[]
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_new integer[] := core.claim_deliveries(p_tenant_id, p_deliveries);
  v_receipts core.receipt[];
  v_receipts_of_new core.receipt[];
begin
  if v_new is null then
    return core.complete_deliveries(p_tenant_id, p_deliveries);
  end if;
  v_receipts_of_new := core.complete_deliveries(p_tenant_id, array(
    select p_deliveries[n.place] from unnest(v_new) with ordinality as n (place, ordinality)
     order by n.ordinality));
  for v_i in 1 .. cardinality(p_deliveries) loop
    if v_i = any (v_new) then
      v_receipts[v_i] := v_receipts_of_new[array_position(v_new, v_i)];
    else
      v_receipts[v_i] := core.meet_delivery(p_tenant_id, p_deliveries[v_i]);
    end if;
  end loop;
  return v_receipts;
end
$function$;

comment on function core.take_deliveries(uuid, core.delivery[]) is
  'Records those of these deliveries that are new; the receipts of all';

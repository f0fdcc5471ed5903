-- Brings into the ledger what a statement confirmed: items that are missing here for which there is
-- an event that nobody could verify. What is missing without any event is left to the provider: let
-- it deliver again, so that the sale has its context and its business key.
-- Locks: the items, in the order of their objects, then per item those of core.record_deliveries. A
-- webhook for several of these objects may deadlock with it; one of both is rolled back and tried
-- again.
create or replace function api.repair_from_reconciliation(
  p_tenant_id uuid,
  p_run_id uuid,
  p_limit integer default 1000,
  p_dry_run boolean default false,
  out missing integer,
  out confirmed integer,
  out booked integer,
  out known integer,
  out refused integer
)
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_provider text;
  v_item record;
  v_repair text;
begin
  perform core.set_tenant(p_tenant_id);
  if current_setting('transaction_isolation') = 'repeatable read' then
    perform core.raise_error('wrong_isolation');
  end if;
  select r.provider into v_provider
    from core.reconciliation_runs as r
   where r.tenant_id = p_tenant_id and r.run_id = p_run_id;
  if not found then
    perform core.raise_error('unknown_run', format('run_id %s', p_run_id));
  end if;

  select count(*) filter (where coalesce(i.repair, 'refused') = 'refused'),
      count(*) filter (where i.event_id is not null and i.repair is null)
    into missing, confirmed
    from core.reconciliation_items as i
   where i.tenant_id = p_tenant_id and i.run_id = p_run_id and i.status = 'missing_here';
  booked := 0;
  known := 0;
  refused := 0;
  if p_dry_run then
    return;
  end if;

  for v_item in
    select i.item_no, i.event_id
      from core.reconciliation_items as i
     where i.tenant_id = p_tenant_id and i.run_id = p_run_id and i.status = 'missing_here'
       and i.event_id is not null and i.repair is null
     order by i.kind desc, i.object_id, i.item_no  -- sales before refunds and disputes
     limit p_limit
       for update
  loop
    v_repair := core.repair_item(p_tenant_id, v_provider, v_item.event_id);
    update core.reconciliation_items
       set repair = v_repair, repaired_at = v_now
     where tenant_id = p_tenant_id and run_id = p_run_id and item_no = v_item.item_no;
    booked := booked + (v_repair = 'booked')::integer;
    known := known + (v_repair = 'known')::integer;
    refused := refused + (v_repair = 'refused')::integer;
  end loop;
end
$function$;

comment on function api.repair_from_reconciliation(uuid, uuid, integer, boolean) is
$doc$Books what a run misses and an unverified event tells as well: sales, refunds, disputes.
missing: items missing here; confirmed: those that can be repaired; then what became of up to
p_limit of them: booked, known (in the ledger meanwhile) or refused (see the dead letters). With
p_dry_run nothing is booked. Calling it again goes on where it ended.
Raises: HL009 wrong_isolation, HL052 unknown_run.
Example: select * from api.repair_from_reconciliation(:tenant, :run);$doc$;

revoke all on function api.repair_from_reconciliation(uuid, uuid, integer, boolean) from public;
grant execute on function api.repair_from_reconciliation(uuid, uuid, integer, boolean)
  to hookledger_dba;

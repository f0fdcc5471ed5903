-- Ties the items that are missing here to the unverified events that say the same (kind, object,
-- currency, amount): the statement confirms those. A refund that the statement knows by its sale
-- alone is tied by the sale, each event to one item. What the ledger has already needs no event.
create or replace function core.find_confirmed_events(
  p_tenant_id uuid,
  p_run_id uuid,
  p_provider text
)
  returns void
  language sql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
  set enable_nestloop = off
  set enable_mergejoin = off
as $function$
  with unverified as materialized (
    select e.event_id, e.kind, e.object_id, e.parent_object_id, e.currency,
      case when e.kind = 'sale' then e.amount_minor else -e.amount_minor end as amount_minor
      from core.attribution_events as e
     where e.tenant_id = p_tenant_id and e.provider = p_provider
       and e.verification = 'unverified' and e.kind in ('sale', 'refund', 'dispute')
       and not exists (
         select from core.revenue_ledger as l
          where l.tenant_id = p_tenant_id and l.provider = p_provider and l.kind = e.kind
            and l.object_id = e.object_id)
  ),
  missing as materialized (
    select i.item_no, i.kind, i.object_id, i.parent_object_id, i.there_currency, i.there_minor
      from core.reconciliation_items as i
     where i.tenant_id = p_tenant_id and i.run_id = p_run_id and i.status = 'missing_here'
  ),
  by_object as (
    select m.item_no, min(u.event_id::text)::uuid as event_id
      from missing as m
      join unverified as u on u.kind = m.kind and u.object_id = m.object_id
        and u.currency = m.there_currency and u.amount_minor = m.there_minor
     group by m.item_no
  ),
  by_parent as (
    select m.item_no, u.event_id
      from (
        select x.*, row_number() over (
            partition by x.kind, x.parent_object_id, x.there_currency, x.there_minor
            order by x.item_no) as n
          from missing as x
         where not exists (select from by_object as b where b.item_no = x.item_no)
      ) as m
      join (
        select x.*, row_number() over (
            partition by x.kind, x.parent_object_id, x.currency, x.amount_minor
            order by x.event_id) as n
          from unverified as x
         where not exists (select from by_object as b where b.event_id = x.event_id)
      ) as u on u.kind = m.kind and u.parent_object_id = m.parent_object_id
        and u.currency = m.there_currency and u.amount_minor = m.there_minor and u.n = m.n
  ),
  tied as (
    select b.item_no, b.event_id from by_object as b
     union all
    select b.item_no, b.event_id from by_parent as b
  )
  update core.reconciliation_items as i
     set event_id = t.event_id
    from tied as t
   where i.tenant_id = p_tenant_id and i.run_id = p_run_id and i.item_no = t.item_no
$function$;

comment on function core.find_confirmed_events(uuid, uuid, text) is
  'Notes at the items that are missing here which unverified event the statement confirms';

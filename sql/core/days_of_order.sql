-- The UTC days on which an order was told as a sale (if asked for) and was refunded.
create or replace function core.days_of_order(
  p_tenant_id uuid,
  p_provider text,
  p_sale_id text,
  p_with_sale boolean
)
  returns date[]
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return (
    select array_agg(distinct (d.at at time zone 'UTC')::date)
      from (
        select e.occurred_at as at
          from core.attribution_events as e
         where e.tenant_id = p_tenant_id and e.provider = p_provider and e.object_id = p_sale_id
           and e.kind = 'sale' and e.verification <> 'unverified' and p_with_sale
         union all
        select e.occurred_at
          from core.revenue_ledger as l
          join core.attribution_events as e
            on e.tenant_id = p_tenant_id and e.provider = l.provider
              and e.object_id = l.object_id and e.kind = 'refund'
              and e.verification <> 'unverified'
         where l.tenant_id = p_tenant_id and l.provider = p_provider
           and l.parent_object_id = p_sale_id and l.kind = 'refund'
      ) as d);
end
$function$;

comment on function core.days_of_order(uuid, text, text, boolean) is
  'The days of an order''s sale and refunds, however often each was told';

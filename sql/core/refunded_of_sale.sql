-- What was given back of a sale in a currency, corrections taken off.
create or replace function core.refunded_of_sale(
  p_tenant_id uuid,
  p_provider text,
  p_sale_id text,
  p_currency text
)
  returns bigint
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select coalesce(-sum(l.amount_minor), 0)::bigint
    from core.revenue_ledger as l
   where l.tenant_id = p_tenant_id and l.provider = p_provider
     and l.parent_object_id = p_sale_id and l.kind in ('refund', 'correction')
     and l.currency = p_currency
$function$;

comment on function core.refunded_of_sale(uuid, text, text, text) is
  'Minor units refunded of a sale in a currency';

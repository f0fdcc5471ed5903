-- What a sale brought in a currency. Null while the sale is not known: then a refund is not capped
-- yet. A sale in another currency sold nothing in this one, so 0.
create or replace function core.sold_of_sale(
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
  select case when l.currency = p_currency then l.amount_minor else 0 end
    from core.revenue_ledger as l
   where l.tenant_id = p_tenant_id and l.provider = p_provider
     and l.kind = 'sale' and l.object_id = p_sale_id
$function$;

comment on function core.sold_of_sale(uuid, text, text, text) is
  'Minor units a sale brought in a currency; null while it is unknown';

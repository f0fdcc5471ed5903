-- What a Shopify refund gave back: its successful refund transactions. They state amount and
-- currency each; a payload without a currency per transaction states it in its *_set members (shop
-- money). Zero transactions: nothing moved, no amount. Two currencies of a refund are never added.
create or replace function core.shopify_refunded(
  p_payload jsonb,
  out currency text,
  out amount_minor bigint
)
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_transaction jsonb;
  v_money record;
begin
  for v_transaction in
    select t.value
      from jsonb_array_elements(
        case when jsonb_typeof(p_payload -> 'transactions') = 'array'
          then p_payload -> 'transactions' else '[]' end) as t (value)
     where t.value ->> 'kind' = 'refund' and t.value ->> 'status' = 'success'
       and t.value -> 'test' is distinct from 'true'
  loop
    v_money := core.read_money(
      v_transaction -> 'amount',
      coalesce(
        nullif(v_transaction -> 'currency', 'null'),
        v_transaction #> '{amount_set,shop_money,currency_code}',
        jsonb_path_query_first(p_payload, '$.*[*].subtotal_set.shop_money.currency_code'),
        jsonb_path_query_first(p_payload, '$.*.shop_money.currency_code')),
      'transactions.amount');
    if v_money.amount_minor < 0 or v_money.currency <> currency then
      perform core.raise_error('invalid_amount', 'transactions.amount');
    end if;
    if amount_minor + v_money.amount_minor > 1e15 then
      perform core.raise_error('amount_out_of_range', 'transactions.amount');
    end if;
    currency := v_money.currency;
    amount_minor := coalesce(amount_minor, 0) + v_money.amount_minor;
  end loop;
end
$function$;

comment on function core.shopify_refunded(jsonb) is
$doc$Currency and sum (minor units) of a refund's successful refund transactions; null without any.
Raises: as core.read_money.$doc$;

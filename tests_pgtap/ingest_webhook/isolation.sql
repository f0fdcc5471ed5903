-- The ledger waits for a lock and then looks: a snapshot taken before would not see what it waited for.
begin isolation level repeatable read;
select plan(1);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify from tap.tenant() as tenant_id;

select throws_ok(
  format('select * from tap.shopify(%L, %L, %L, tap.shopify_order(1))',
    (select tenant_id from t), (select shopify from t), 'orders/paid'),
  'HL009', null, 'repeatable read is refused'
);

select * from finish();
rollback;

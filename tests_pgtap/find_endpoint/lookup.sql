-- The shim knows an endpoint by the id in its URL: this tells whose it is and what verifies its deliveries.
begin;
select plan(5);

create temp table t as
select a.tenant_id as a, api.create_endpoint(a.tenant_id, 'shopify', array['one', 'two']) as a_endpoint,
  b.tenant_id as b, api.create_endpoint(b.tenant_id, 'stripe', array['env:STRIPE'], '{"revenue_from": "invoices"}') as b_endpoint
from api.create_tenant('A') as a (tenant_id), api.create_tenant('B') as b (tenant_id);
grant select on t to public;

select tap.clear_tenant();
select tap.act_as('hookledger_shim');
select results_eq(
  'select f.* from t, api.find_endpoint(t.a_endpoint) as f',
  $$select a, 'shopify', array['one', 'two'], '{}'::jsonb from t$$, 'the shim finds an endpoint without knowing its tenant'
);
select results_eq(
  'select f.* from t, api.find_endpoint(t.b_endpoint) as f',
  $$select b, 'stripe', array['env:STRIPE'], '{"revenue_from": "invoices"}'::jsonb from t$$, 'and another tenant''s as well'
);
select is_empty('select * from api.find_endpoint(''00000000-0000-4000-8000-000000000000'')', 'one that nobody has gives no row');
select is_empty('select * from api.find_endpoint(null)', 'nor does none');
select is(coalesce(current_setting('app.current_tenant_id', true), ''), '', 'looking up sets no tenant');
select tap.act_as_migrator();

select * from finish();
rollback;

-- While a provider rotates both secrets verify, later the new one alone.
begin;
select plan(16);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as endpoint_id, tap.endpoint(tenant_id, 'shopify') as other_endpoint_id
from api.create_tenant('Acme') as tenant_id;
create temp table other as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as endpoint_id from api.create_tenant('Other') as tenant_id;

select lives_ok('select api.rotate_endpoint_secrets(tenant_id, endpoint_id, array[''new'', ''a test secret'']) from t', 'two secrets are set');
select results_eq('select f.secrets from t, api.find_endpoint(t.endpoint_id) as f', $$values (array['new', 'a test secret'])$$, 'and found');
select lives_ok('select api.rotate_endpoint_secrets(tenant_id, endpoint_id, array[''new'']) from t', 'then one');
select results_eq('select f.secrets from t, api.find_endpoint(t.endpoint_id) as f', $$values (array['new'])$$, 'which replaces both');
select ok((select e.rotated_at > e.created_at from core.webhook_endpoints as e, t where e.tenant_id = t.tenant_id and e.endpoint_id = t.endpoint_id),
  'it is known when');
select results_eq('select f.secrets from t, api.find_endpoint(t.other_endpoint_id) as f', $$values (array['a test secret'])$$,
  'the tenant''s other endpoint keeps its own');

select throws_ok(
  format('select api.rotate_endpoint_secrets(%L, %L, %L::text[])', t.tenant_id, t.endpoint_id, c.secrets), 'HL004', null, c.name
)
from t, (values (null, 'no secrets are refused'), ('{}', 'an empty list is'), ('{" "}', 'a blank secret is'), ('{NULL}', 'a null one is'),
  ('{1,2,3,4,5,6,7,8,9,10,11}', 'eleven are')) as c (secrets, name);
select throws_ok(
  format('select api.rotate_endpoint_secrets(%L, %L, array[''x''])', c.tenant_id, c.endpoint_id), 'HL001', null, c.name
)
from (
  select t.tenant_id, other.endpoint_id, 'another tenant''s endpoint is unknown' from t, other
  union all select t.tenant_id, gen_random_uuid(), 'an endpoint that nobody has is unknown' from t
  union all select gen_random_uuid(), t.endpoint_id, 'a tenant that does not exist has none' from t
  union all select t.tenant_id, null, 'no endpoint is unknown' from t
) as c (tenant_id, endpoint_id, name);
select results_eq('select f.secrets from other, api.find_endpoint(other.endpoint_id) as f', $$values (array['a test secret'])$$,
  'the other tenant''s secrets are as they were');

select * from finish();
rollback;

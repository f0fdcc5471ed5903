-- An endpoint is made for a provider that exists, with secrets that verify something and settings that mean something.
begin;
select plan(46);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as endpoint_id from api.create_tenant('Acme') as tenant_id;

select results_eq(
  'select e.provider, e.secrets, e.settings, e.created_at = e.rotated_at or e.created_at <= e.rotated_at
     from core.webhook_endpoints as e, t where e.tenant_id = t.tenant_id and e.endpoint_id = t.endpoint_id',
  $$values ('shopify', array['a test secret'], '{}'::jsonb, true)$$, 'it is stored as given'
);
select matches((select endpoint_id::text from t), '^[0-9a-f]{8}-[0-9a-f]{4}-7', 'its id is a UUID of version 7');
select isnt((select tap.endpoint(tenant_id, 'shopify') from t), (select endpoint_id from t), 'a second one of the same provider is another');
select lives_ok(
  $$select api.create_endpoint((select tenant_id from t), 'stripe', array['env:STRIPE', 'file:/run/secrets/stripe'])$$,
  'settings may be left out, secrets may be references'
);

select lives_ok(
  format('select api.create_endpoint(%L, %L, array[''x''], %L)', t.tenant_id, c.provider, c.settings), c.provider || ' may have ' || c.settings
)
from t, (values
  ('shopify', '{}'), ('shopify', '{"pii": "quarantine"}'), ('shopify', '{"pii": "redact"}'), ('stripe', '{"pii": "pseudonymise"}'),
  ('stripe', '{"revenue_from": "payments"}'), ('stripe', '{"revenue_from": "invoices"}'),
  ('stripe', '{"revenue_from": "sessions", "pii": "redact"}')
) as c (provider, settings);

select throws_ok(
  format('select api.create_endpoint(%L, %L, array[''x''], %L)', t.tenant_id, c.provider, c.settings), 'HL005', null,
  c.provider || ' may not have ' || coalesce(c.settings, 'null')
)
from t, (values
  ('shopify', '{"colour": "red"}'), ('shopify', '{"PII": "redact"}'), ('shopify', '{"pii": "none"}'), ('shopify', '{"pii": "Redact"}'),
  ('shopify', '{"pii": "redact "}'), ('shopify', '{"pii": null}'), ('shopify', '{"pii": true}'), ('shopify', '{"pii": ["redact"]}'),
  ('shopify', '{"revenue_from": "payments"}'), ('stripe', '{"revenue_from": "refunds"}'), ('stripe', '{"pii": "redact", "x": "1"}'),
  ('stripe', '{"verification": "offline"}'), ('shopify', '[]'), ('shopify', '"redact"'), ('shopify', 'null'), ('shopify', null)
) as c (provider, settings);

select throws_ok(
  format('select api.create_endpoint(%L, ''shopify'', %L::text[])', t.tenant_id, c.secrets), 'HL004', null, c.name
)
from t, (values
  (null, 'no secrets are refused'), ('{}', 'an empty list is'), ('{""}', 'an empty secret is'), ('{" "}', 'a blank secret is'),
  ('{NULL}', 'a null secret is'), ('{x,""}', 'an empty one among others is'),
  ('{1,2,3,4,5,6,7,8,9,10,11}', 'eleven are')
) as c (secrets, name);
select lives_ok(
  $$select api.create_endpoint((select tenant_id from t), 'shopify', '{1,2,3,4,5,6,7,8,9,10}')$$, 'ten are not'
);

select throws_ok(
  format('select api.create_endpoint(%L, %L, array[''x''])', t.tenant_id, c.provider), 'HL003', null,
  coalesce(format('provider "%s" is unknown', c.provider), 'no provider is unknown')
)
from t, (values
  ('ebay'), ('Shopify'), (''), (null), ('shopify '), ('shopify(jsonb, jsonb, jsonb); --'), ('core.normalize_shopify')
) as c (provider);

select throws_ok(
  format('select api.create_endpoint(%L, ''shopify'', array[''x''])', gen_random_uuid()), 'HL002', 'no such tenant', 'an unknown tenant is refused'
);
select throws_ok('select api.create_endpoint(null, ''shopify'', array[''x''])', 'HL002', null, 'no tenant is refused');

create temp table before as select count(*) as endpoints from core.webhook_endpoints as e, t where e.tenant_id = t.tenant_id;
select throws_ok(
  format('select api.create_endpoint(%L, ''stripe'', array[''whsec_secret''], ''{"token": "tok_secret"}'')', t.tenant_id),
  'HL005', 'the settings hold an unknown key or value', 'a refusal repeats neither secret nor value'
)
from t;
select is((select count(*) from core.webhook_endpoints as e, t where e.tenant_id = t.tenant_id), (select endpoints from before), 'and stores nothing');

select * from finish();
rollback;

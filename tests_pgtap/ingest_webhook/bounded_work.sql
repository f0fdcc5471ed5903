-- However a body is made, reading it takes time in proportion to its size.
begin;
select plan(7);
set local statement_timeout = '20s';  -- far more than it takes, far less than squared

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify,
  tap.endpoint(tenant_id, 'shopify', '{"pii": "redact"}') as redact
from tap.tenant() as tenant_id;

select is(
  (select s.status from t, tap.shopify(t.tenant_id, t.shopify, 'orders/paid',
    tap.shopify_order(c.id, p_more => c.more)) as s),
  c.status, c.name
)
from (values
  (1, jsonb_build_object('extra', repeat('1234 ', 3200)), 'accepted', 'thousands of digit groups'),
  (2, jsonb_build_object('note_attributes', jsonb_build_array(jsonb_build_object(
    'name', 'landing_page', 'value', '/?utm_x=' || repeat('1-', 8000)))), 'accepted',
    'a landing page of thousands of digits'),
  (3, jsonb_build_object('extra', repeat('+1 212 555 0143 ', 30000)), 'dead',
    '480 kB of telephone numbers'),
  (4, jsonb_build_object('extra', (
    select jsonb_agg(jsonb_build_object('email', format('p%s@example.com', i)))
      from generate_series(1, 15000) as i)), 'dead', 'fifteen thousand mail addresses'),
  (5, jsonb_build_object('extra', (
    select jsonb_agg(jsonb_build_object('a', i)) from generate_series(1, 150000) as i)), 'dead',
    '150,000 small objects')
) as c (id, more, status, name);

select is(
  (select s.status from t, tap.shopify(t.tenant_id, t.redact, 'orders/paid',
    tap.shopify_order(6, p_more => jsonb_build_object('extra', repeat('p@example.com ', 8000)))) as s),
  'accepted', 'a text of 100 kB that holds mail addresses, to be redacted'
);
select is(
  (select e.payload ->> 'extra' from t, core.attribution_events as e
    where e.tenant_id = t.tenant_id and e.object_id = '6'),
  '[text]', 'goes as a whole'
);

select * from finish();
rollback;

-- api.deliveries: each distinct delivery once, with what every copy of it was answered.
begin;
select plan(6);

create temp table t as
select who, tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify
from unnest(array['ours', 'theirs']) as who, lateral tap.tenant(who) as tenant_id;
grant select on t to public;

create temp table answers as
select who, i, r.*
from t, generate_series(1, 3) as i,
  lateral tap.shopify(t.tenant_id, t.shopify, 'orders/paid', tap.shopify_order(1),
    jsonb_build_object('x-shopify-event-id', '11111111-2222-4333-8444-555555555555',
      'x-shopify-triggered-at', '2026-03-04T05:06:0' || i || 'Z')) as r;
insert into answers
select who, 4, r.* from t, lateral tap.send(t.tenant_id, t.shopify, '{}', '{') as r where who = 'ours';
grant select on answers to public;

set local session authorization hookledger_dba;
select tap.clear_tenant();
select is_empty('select from api.deliveries', 'without a tenant a DBA sees no delivery');
select tap.set_tenant(tenant_id) from t where who = 'ours';
select results_eq(
  $$ select d.status, d.seen_count, d.conflict_count from api.deliveries as d order by d.status $$,
  $$ values ('accepted', 3, 0), ('dead', 1, 0) $$,
  'a DBA sees each delivery of the tenant once, and how often it came');
select set_eq(
  'select receipt_id, event_id from api.deliveries',
  $$ select receipt_id, event_id from answers where who = 'ours' $$,
  'with the receipt and the event that its sender was told');
select is(
  (select encode(d.body_sha256, 'hex') from api.deliveries as d where d.status = 'dead'),
  encode(sha256('{'), 'hex'), 'and the hash of its body');
select tap.set_tenant(tenant_id) from t where who = 'theirs';
select set_eq(
  'select receipt_id from api.deliveries',
  $$ select receipt_id from answers where who = 'theirs' $$,
  'of another tenant the other''s, and nothing else');
select throws_ok(
  'update api.deliveries set seen_count = 1', '42501', null, 'nobody changes a delivery by the view');

select * from finish();
rollback;

-- The settings of an endpoint are replaced as a whole, and count from the next webhook on.
begin;
select plan(22);

create temp table t as select tap.tenant() as tenant_id, tap.tenant('Other') as other_id;
alter table t add stripe uuid, add shopify uuid;
update t set stripe = tap.endpoint(tenant_id, 'stripe', '{"revenue_from": "invoices", "pii": "redact"}'),
  shopify = tap.endpoint(tenant_id, 'shopify');
create function pg_temp.change(p_settings jsonb) returns void language sql volatile as $$
  select api.change_endpoint_settings(tenant_id, stripe, p_settings) from t
$$;
create function pg_temp.settings() returns jsonb language sql volatile as $$
  select f.settings from t, api.find_endpoint(stripe) as f
$$;

select lives_ok($$ select pg_temp.change('{"revenue_from": "sessions"}') $$, 'settings are changed');
select is(pg_temp.settings(), '{"revenue_from": "sessions"}', 'as a whole: what is not named has its default again');
select lives_ok($$ select pg_temp.change('{}') $$, 'to none at all');
select is(pg_temp.settings(), '{}', 'and the shim finds them so');
select results_eq(
  $$ select e.provider, e.secrets, e.rotated_at = e.created_at or e.rotated_at >= e.created_at from core.webhook_endpoints as e join t
      on t.tenant_id = e.tenant_id and t.stripe = e.endpoint_id $$,
  $$ values ('stripe', array['a test secret'], true) $$, 'provider and secrets stay');

select throws_ok(format('select pg_temp.change(%L)', c.settings), 'HL005', 'the settings hold an unknown key or value',
  coalesce(c.settings, 'null') || ' is refused')
  from (values (null), ('[]'), ('"redact"'), ('{"pii": "none"}'), ('{"pii": null}'), ('{"colour": "red"}'), ('{"verification": "offline"}')) as c (settings);
select is(pg_temp.settings(), '{}', 'a refusal changes nothing');
select throws_ok('select api.change_endpoint_settings(tenant_id, gen_random_uuid(), ''{}'') from t', 'HL001', 'no such endpoint of this tenant',
  'an unknown endpoint is refused');
select throws_ok('select api.change_endpoint_settings(other_id, stripe, ''{"pii": "redact"}'') from t', 'HL001', null,
  'another tenant''s endpoint is unknown');
select throws_ok('select api.change_endpoint_settings(null, stripe, ''{}'') from t', 'HL002', null, 'no tenant is refused');
select is(pg_temp.settings(), '{}', 'nothing was changed from there');

-- It counts at once.
create function pg_temp.send(p_id bigint) returns text language sql volatile as $$
  select concat_ws(' ', w.status, w.reason) from t, tap.shopify(tenant_id, shopify, 'orders/paid',
    tap.shopify_order(p_id, p_more => '{"gift_note": "jane.roe@example.com"}')) as w
$$;
select is(pg_temp.send(1), 'dead pii_violation', 'a webhook is quarantined');
select lives_ok($$ select api.change_endpoint_settings(tenant_id, shopify, '{"pii": "pseudonymise"}') from t $$, 'the endpoint pseudonymises from now on');
select is(pg_temp.send(2), 'accepted', 'so the next one is accepted');
select is((select tap.replay(tenant_id) from t), '1 1 0 0', 'and the first one replayed');
select is((select string_agg(left(e.payload ->> 'gift_note', 1), ' ' order by e.object_id) from core.attribution_events as e join t using (tenant_id)),
  '[ ~', 'though without the pseudonym: what was quarantined is gone for good');

select * from finish();
rollback;

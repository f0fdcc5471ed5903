-- The tenant context: read from a transaction-local setting that is empty, not unset, after its
-- transaction.
begin;
select plan(12);

-- A savepoint stands in for a transaction: both give the setting back as it was before.
savepoint before_setting;
select tap.set_tenant(gen_random_uuid());
rollback to savepoint before_setting;
select is(current_setting('app.current_tenant_id', true), '',
  'the setting comes back empty, not unset');
select is(core.current_tenant(), null, 'an empty setting is no tenant');

create temp table ids (who text, tenant_id uuid, shopify uuid);
insert into ids select who, tap.tenant(who), null from unnest(array['ours', 'theirs']) as who;
update ids set shopify = tap.endpoint(tenant_id, 'shopify');
grant select on ids to public;


select tap.clear_tenant();
select tap.act_as('hookledger_owner');
select is(core.current_tenant(), null, 'nor is it one for Hookledger''s functions');
select lives_ok('select from core.attribution_events', 'with an empty setting reading is no error');
select tap.set_tenant(tenant_id) from ids where who = 'ours';
select is(core.current_tenant(), (select tenant_id from ids where who = 'ours'),
  'the setting is the tenant');
select set_config('app.current_tenant_id', 'acme', true);
select throws_ok(
  'select core.current_tenant()', '22P02', null,
  'a setting that is no uuid is refused, not ignored');
select tap.act_as_migrator();
select tap.clear_tenant();

-- Each function sets the context itself, and only till the end of the transaction.
set local session authorization hookledger_shim;
select tap.set_tenant(tenant_id) from ids where who = 'theirs';
select is(
  (select w.status from ids,
    tap.shopify(tenant_id, shopify, 'orders/paid', tap.shopify_order(1)) as w where who = 'ours'),
  'accepted', 'a webhook is booked for the tenant it is called with, not for the one that was set');
set local session authorization default;
select results_eq(
  $$ select i.who from core.attribution_events as e join ids as i using (tenant_id) $$,
  array['ours'],
  'the event belongs to the tenant of the call');
select results_eq(
  $$ select i.who from core.revenue_ledger as l join ids as i using (tenant_id) $$, array['ours'],
  'the ledger entry belongs to the tenant of the call');
select throws_ok(
  $$ select tap.shopify(o.tenant_id, t.shopify, 'orders/paid', tap.shopify_order(1))
       from ids as o, ids as t where o.who = 'ours' and t.who = 'theirs' $$,
  'HL001', null, 'an endpoint of another tenant does not exist');
select throws_ok(
  $$ select api.rotate_endpoint_secrets(o.tenant_id, t.shopify, '{s}')
       from ids as o, ids as t where o.who = 'ours' and t.who = 'theirs' $$,
  'HL001', null, 'the secrets of another tenant''s endpoint cannot be rotated');
select throws_ok(
  $$ select api.create_endpoint(gen_random_uuid(), 'shopify', '{s}', '{}') $$,
  'HL002', null, 'no endpoint is created for an unknown tenant');

select * from finish();
rollback;

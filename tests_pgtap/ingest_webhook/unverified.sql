-- What a provider could not confirm is kept apart from what it did: stored, never revenue.
begin;
select plan(8);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify from tap.tenant() as tenant_id;
create temp table answer (step int, status text, receipt_id uuid, event_id uuid, reason text);
create function pg_temp.send(p_step int, p_verification text) returns void language sql
as $$ insert into answer select p_step, w.* from t, api.ingest_webhook(tenant_id, shopify,
  tap.shopify_headers('orders/paid', '{"x-shopify-event-id": "e1"}'),
  convert_to(tap.shopify_order(1)::text, 'UTF8'), p_verification) as w $$;

select pg_temp.send(1, 'unverified') is null \g /dev/null
select results_eq('select status, reason from answer where step = 1',
  $$ values ('accepted', 'unverified') $$, 'an unverified webhook is stored and says so');
select is_empty($$ select from core.revenue_ledger join t using (tenant_id) $$, 'it is not booked');
select is_empty($$ select from core.object_states join t using (tenant_id) $$, 'nor known as a state');
select set_config('app.current_tenant_id', tenant_id::text, true) is null from t \g /dev/null
select results_eq('select kind, verified from api.events', $$ values ('sale', false) $$,
  'the view says that it is not verified');

select pg_temp.send(2, 'unverified') is null \g /dev/null
select is((select status from answer where step = 2), 'duplicate', 'repeated it is a duplicate');

select pg_temp.send(3, 'requery') is null \g /dev/null
select results_eq('select status, reason from answer where step = 3',
  $$ values ('accepted', null::text) $$, 'the same delivery, confirmed, is new');
select results_eq($$ select kind, amount_minor from core.revenue_ledger join t using (tenant_id) $$,
  $$ values ('sale', 10000::bigint) $$, 'and booked, once');
select set_config('app.current_tenant_id', tenant_id::text, true) is null from t \g /dev/null
select bag_eq('select kind, verified from api.events',
  $$ values ('sale', false), ('sale', true) $$, 'both tellings are kept');

select * from finish();
rollback;

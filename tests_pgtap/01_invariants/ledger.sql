-- The ledger and the events belong together. No foreign key says so: its share lock on the event
-- would need a right to UPDATE that nobody has. So every entry is looked up, of whatever is in this
-- database and of a sale, a refund, a dispute and a correction sent here.
begin;
select plan(6);

create temp table ids as select tap.tenant() as tenant_id;
alter table ids add shopify uuid, add stripe uuid;
update ids set shopify = tap.endpoint(tenant_id, 'shopify'),
  stripe = tap.endpoint(tenant_id, 'stripe');

select results_eq(
  $$ select s.status, s.reason from ids
      cross join lateral (
        select 1, w.*
          from tap.shopify(tenant_id, shopify, 'orders/paid', tap.shopify_order(1001)) as w
        union all
        select 2, w.*
          from tap.shopify(tenant_id, shopify, 'refunds/create',
            tap.shopify_refund(2001, 1001)) as w
        union all
        select 3, w.* from tap.stripe(tenant_id, stripe, tap.stripe_event('charge.dispute.created',
          '{"id": "dp_A", "charge": "ch_A", "amount": 500, "currency": "eur"}')) as w
        union all
        select 4, w.* from tap.shopify(tenant_id, shopify, 'refunds/create',
          tap.shopify_refund(2002, 1002, '80.00')) as w
        union all
        select 5, w.*
          from tap.shopify(tenant_id, shopify, 'orders/paid', tap.shopify_order(1002, '30.00')) as w
      ) as s (step, status, receipt_id, event_id, reason)
      order by s.step $$,
  $$ values
    ('accepted', null), ('accepted', null), ('accepted', null), ('accepted', null),
    ('accepted', 'refund_exceeds_sale') $$,
  'a sale, its refund, a dispute, and a refund larger than its later sale are accepted');
select set_eq(
  $$ select l.kind, l.amount_minor from core.revenue_ledger as l join ids using (tenant_id) $$,
  $$ values
    ('sale', 10000::bigint), ('refund', -4000::bigint), ('dispute', -500::bigint),
    ('refund', -8000::bigint),
    ('sale', 3000::bigint), ('correction', 5000::bigint) $$,
  'the ledger has an entry of every kind');

select is_empty(
  $$ select l.tenant_id, l.provider, l.kind, l.object_id from core.revenue_ledger as l
      where not exists (
        select from core.attribution_events as e
         where e.tenant_id = l.tenant_id and e.event_id = l.event_id and e.provider = l.provider
           and e.currency = l.currency
             and (e.kind = l.kind or e.kind = 'sale' and l.kind = 'correction')) $$,
  'every ledger entry has its event, of the same tenant, provider, kind and currency');
select is_empty(
  $$ select e.tenant_id, e.event_id from core.attribution_events as e
      where e.kind in ('sale', 'refund', 'dispute') and e.reason is null
        and not exists (
          select from core.revenue_ledger as l
           where l.tenant_id = e.tenant_id and l.event_id = e.event_id
             and abs(l.amount_minor) = e.amount_minor) $$,
  'every event with money that names no reason is in the ledger, with its whole amount');
select is_empty(
  $$ select e.tenant_id, e.event_id from core.attribution_events as e
      where not exists (
        select from core.webhook_dedup_events as d
         where d.tenant_id = e.tenant_id and d.endpoint_id = e.endpoint_id
           and d.receipt_id = e.receipt_id) $$,
  'every event came with a delivery that passed the gate');
select is_empty(
  $$ select d.tenant_id, d.receipt_id from core.webhook_dedup_events as d
      where d.event_id is not null and not exists (
        select from core.attribution_events as e where e.tenant_id = d.tenant_id
          and e.event_id = d.event_id) $$,
  'every event that a receipt names exists');

select * from finish();
rollback;

-- What each kind of delivery is answered with, and what is stored of it.
begin;
select plan(18);

create temp table t as select tenant_id, tap.endpoint(tenant_id, 'shopify') as endpoint_id from tap.tenant() as tenant_id;

create temp table accepted as
select r.* from t, tap.shopify(t.tenant_id, t.endpoint_id, 'orders/paid', tap.shopify_order(820982911946154508)) as r;
create temp table cancelled as
select r.* from t, tap.shopify(t.tenant_id, t.endpoint_id, 'orders/cancelled', tap.shopify_order(2)) as r;
create temp table ignored as
select r.* from t, tap.shopify(t.tenant_id, t.endpoint_id, 'customers/create', '{"id": 3}') as r;
create temp table test_by_header as
select r.* from t, tap.shopify(t.tenant_id, t.endpoint_id, 'orders/paid', tap.shopify_order(4), '{"x-shopify-test": "true"}') as r;
create temp table test_by_body as
select r.* from t, tap.shopify(t.tenant_id, t.endpoint_id, 'orders/paid', tap.shopify_order(5, p_more => '{"test": true}')) as r;
create temp table dead as
select r.* from t, tap.shopify(t.tenant_id, t.endpoint_id, 'orders/paid', '{"id": 6, "currency": "EUR"}') as r;

select is((select row(status, reason)::text from accepted), '(accepted,)', 'a sale is accepted');
select is((select row(status, reason)::text from cancelled), '(accepted,)', 'a cancellation is accepted as well');
select is((select row(status, reason)::text from ignored), '(ignored,topic)', 'a topic without money is ignored');
select is((select row(status, reason)::text from test_by_header), '(ignored,test)', 'a test told by its header is ignored');
select is((select row(status, reason)::text from test_by_body), '(ignored,test)', 'a test told by its body is ignored');
select is((select row(status, reason)::text from dead), '(dead,missing_field)', 'an order without its total is dead');

select is(
  (select count(distinct receipt_id) from (
    select * from accepted union all select * from cancelled union all select * from ignored
    union all select * from test_by_header union all select * from test_by_body union all select * from dead) as r),
  6::bigint, 'every delivery has a receipt of its own'
);
select is(
  (select count(*) from ignored, test_by_header, test_by_body, dead
    where ignored.event_id is null and test_by_header.event_id is null and test_by_body.event_id is null
      and dead.event_id is null),
  1::bigint, 'what is no event has no event id'
);

select results_eq(
  'select e.kind, e.event_type, e.object_id, e.currency, e.amount_minor, e.verification, e.provider
     from core.attribution_events as e, t, accepted as a
    where e.tenant_id = t.tenant_id and e.event_id = a.event_id and e.receipt_id = a.receipt_id
      and e.endpoint_id = t.endpoint_id',
  $$values ('sale', 'orders/paid', '820982911946154508', 'EUR', 10000::bigint, 'signature', 'shopify')$$,
  'the event says what happened'
);
select is(
  (select e.occurred_at from core.attribution_events as e, t, accepted as a
    where e.tenant_id = t.tenant_id and e.event_id = a.event_id),
  '2026-03-01 09:00:01+00'::timestamptz, 'and when, by the provider''s clock'
);
select ok(
  (select abs(extract(epoch from clock_timestamp() - e.received_at)) < 60 from core.attribution_events as e, t, accepted as a
    where e.tenant_id = t.tenant_id and e.event_id = a.event_id),
  'and when it arrived, by our own'
);
select results_eq(
  'select l.kind, l.object_id, l.parent_object_id, l.currency, l.amount_minor, l.event_id, l.occurred_at
     from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id',
  $$select 'sale', '820982911946154508', null::text, 'EUR', 10000::bigint, a.event_id, '2026-03-01 09:00:01+00'::timestamptz
      from accepted as a$$,
  'the ledger holds the sale and nothing else'
);
select results_eq(
  'select e.event_type, e.kind, e.object_id from core.attribution_events as e, t
    where e.tenant_id = t.tenant_id order by e.object_id collate "C"',
  $$values ('orders/cancelled', 'none', '2'), ('orders/paid', 'sale', '820982911946154508')$$,
  'ignored and dead deliveries leave no event'
);
select results_eq(
  'select d.status, d.stage, d.reason, d.sqlstate, d.detail, d.position, d.attempts, d.seen_count, d.topic, d.payload
     from core.dead_events as d, t, dead where d.tenant_id = t.tenant_id and d.receipt_id = dead.receipt_id',
  $$values ('open', 'normalize', 'missing_field', 'HL111', 'total_price', 0, 1, 1, 'orders/paid', '{"id": 6, "currency": "EUR"}'::jsonb)$$,
  'the dead one lies in the queue with stage, reason and the field''s name'
);
select is((select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id), 1::bigint, 'and only that one');
select results_eq(
  'select g.status, g.outcome, g.reason, g.seen_count, g.conflict_count from core.webhook_dedup_events as g, t
    where g.tenant_id = t.tenant_id order by g.first_seen_at',
  $$values ('accepted', 'done', null::text, 1, 0), ('accepted', 'done', null, 1, 0), ('ignored', 'done', 'topic', 1, 0),
      ('ignored', 'done', 'test', 1, 0), ('ignored', 'done', 'test', 1, 0), ('dead', 'done', 'missing_field', 1, 0)$$,
  'the gate holds every receipt'
);

create temp table by_dba as
select r.* from t, api.ingest_webhook(t.tenant_id, t.endpoint_id, tap.shopify_headers('orders/paid'),
  convert_to(tap.shopify_order(7)::text, 'UTF8'), 'none') as r;
select is(
  (select e.verification from core.attribution_events as e, t, by_dba as b
    where e.tenant_id = t.tenant_id and e.event_id = b.event_id),
  'none', 'what a DBA hands over is told from what a signature proved'
);
select is(
  (select row(g.body_bytes, g.request_sha256)::text from core.webhook_dedup_events as g, t, by_dba as b
    where g.tenant_id = t.tenant_id and g.receipt_id = b.receipt_id),
  (select row(octet_length(x.body), sha256(x.body))::text from (select convert_to(tap.shopify_order(7)::text, 'UTF8')) as x (body)),
  'length and hash of the body are kept'
);

select * from finish();
rollback;

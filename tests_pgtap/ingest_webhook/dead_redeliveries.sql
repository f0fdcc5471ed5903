-- A dead webhook that comes again is seen again: no second row, the same receipt.
begin;
select plan(5);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as endpoint_id from tap.tenant() as tenant_id;
create temp table answers as
select c.name, i, r.*
from (values ('broken', '{"id": 1'), ('incomplete', '{"id": 2, "currency": "EUR"}'), ('personal', '{"id": 3, "partner_email": "someone@example.com"}'))
    as c (name, body), generate_series(1, 2) as i, t,
  lateral tap.send(t.tenant_id, t.endpoint_id, tap.shopify_headers('orders/paid',
    jsonb_build_object('x-shopify-event-id', c.name, 'x-shopify-webhook-id', 'w-' || i)), c.body) as r;

select results_eq(
  'select name, i, status, reason from answers order by name, i',
  $$values ('broken', 1, 'dead', 'invalid_json'), ('broken', 2, 'duplicate', 'invalid_json'),
      ('incomplete', 1, 'dead', 'missing_field'), ('incomplete', 2, 'duplicate', 'missing_field'),
      ('personal', 1, 'dead', 'pii_violation'), ('personal', 2, 'duplicate', 'pii_violation')$$,
  'the first is dead, the second a duplicate with the same reason'
);
select is((select count(distinct (name, receipt_id)) from answers), 3::bigint, 'with the first receipt');
select results_eq(
  'select d.reason, d.seen_count, d.attempts, d.status from core.dead_events as d, t where d.tenant_id = t.tenant_id order by d.reason',
  $$values ('invalid_json', 2, 1, 'open'), ('missing_field', 2, 1, 'open'), ('pii_violation', 2, 1, 'open')$$,
  'one row each, seen twice, tried once'
);
select ok(
  (select bool_and(d.last_seen_at >= d.first_failed_at) from core.dead_events as d, t where d.tenant_id = t.tenant_id),
  'the last sighting is kept'
);
select is(
  (select string_agg(g.outcome || ' ' || g.seen_count, ', ') from core.webhook_dedup_events as g, t where g.tenant_id = t.tenant_id),
  'done 2, done 2, done 2', 'the gate does not try what a repetition cannot cure'
);

select * from finish();
rollback;

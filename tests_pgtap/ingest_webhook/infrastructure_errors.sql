-- A fault of the machine is raised, so that the sender redelivers; nothing is stored of the attempt.
begin;
select plan(31);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as endpoint_id from tap.tenant() as tenant_id;
create function pg_temp.fail() returns trigger language plpgsql as $$
declare
  v_sqlstate text := current_setting('test.sqlstate');
begin
  raise exception 'the machine' using errcode = v_sqlstate;
end
$$;

create trigger fail_all before insert on core.revenue_ledger for each row execute function pg_temp.fail();
select throws_ok(
  format('select set_config(''test.sqlstate'', %L, true); select s.* from t, tap.shopify(t.tenant_id, t.endpoint_id, ''orders/paid'',
    tap.shopify_order(1), ''{"x-shopify-event-id": "e-1"}'') as s', c.sqlstate),
  c.sqlstate, null, format('%s while booking is raised: %s', c.sqlstate, c.name)
)
from (values
  ('40P01', 'deadlock'), ('40001', 'serialization failure'), ('55P03', 'lock not available'), ('53100', 'disk full'),
  ('53200', 'out of memory'), ('57P01', 'shutdown'), ('58030', 'I/O error'), ('08006', 'connection failure'), ('25006', 'read-only')
) as c (sqlstate, name);
drop trigger fail_all on core.revenue_ledger;
set local test.sqlstate = '40P01';

create trigger fail_all before insert on core.attribution_events for each row execute function pg_temp.fail();
select throws_ok(
  $$select s.* from t, tap.shopify(t.tenant_id, t.endpoint_id, 'orders/paid',
    tap.shopify_order(1), '{"x-shopify-event-id": "e-1"}') as s$$,
  '40P01', null, 'so it is while the event is stored'
);
drop trigger fail_all on core.attribution_events;

create trigger fail_all before insert on core.webhook_dedup_events for each row execute function pg_temp.fail();
select throws_ok(
  $$select s.* from t, tap.shopify(t.tenant_id, t.endpoint_id, 'orders/paid',
    tap.shopify_order(1), '{"x-shopify-event-id": "e-1"}') as s$$,
  '40P01', null, 'and at the gate'
);
drop trigger fail_all on core.webhook_dedup_events;

create trigger fail_all before insert on core.dead_events for each row execute function pg_temp.fail();
select throws_ok(
  $$select s.* from t, tap.send(t.tenant_id, t.endpoint_id,
    tap.shopify_headers('orders/paid', '{"x-shopify-event-id": "e-1"}'), '{"id": 1') as s$$,
  '40P01', null, 'and while a dead letter is written'
);
drop trigger fail_all on core.dead_events;

select is((select count(*) from core.webhook_dedup_events as g, t where g.tenant_id = t.tenant_id), 0::bigint, 'the gate knows nothing of it');
select is((select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id), 0::bigint, 'there is no event');
select is((select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id), 0::bigint, 'and no dead letter');
select is(
  (select s.status from t, tap.shopify(t.tenant_id, t.endpoint_id, 'orders/paid', tap.shopify_order(1), '{"x-shopify-event-id": "e-1"}') as s),
  'accepted', 'the redelivery is accepted'
);

select is(core.is_infrastructure_error(c.sqlstate), c.expected, format('%s is a fault of the %s', c.sqlstate, c.name))
from (values
  ('08006', true, 'machine'), ('25006', true, 'machine'), ('40001', true, 'machine'), ('40P01', true, 'machine'), ('53300', true, 'machine'),
  ('55P03', true, 'machine'), ('57014', true, 'machine'), ('57P01', true, 'machine'), ('58030', true, 'machine'), ('XX000', true, 'machine'),
  ('22P02', false, 'payload'), ('23514', false, 'payload'), ('HL111', false, 'payload'), ('P0001', false, 'payload'), ('42703', false, 'payload')
) as c (sqlstate, expected, name);

select * from finish();
rollback;

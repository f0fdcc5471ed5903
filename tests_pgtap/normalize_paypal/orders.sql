-- An order tells each of its captures and refunds, under the keys that their own events have.
begin;
select plan(29);

create function pg_temp.payload(p_units jsonb, p_more jsonb default '{}') returns jsonb language sql as $$
  select (core.redact_paypal(jsonb_build_object('id', 'WH-1', 'event_type', 'CHECKOUT.ORDER.COMPLETED', 'create_time', '2026-03-02T14:14:11.017Z',
    'resource',
      '{"id": "O1", "status": "COMPLETED", "intent": "CAPTURE", "payer": {"payer_id": "QYR5Z8XDVJNXQ"}, "create_time": "2026-03-02T14:12:40Z"}'
      || jsonb_build_object('purchase_units', p_units) || p_more), array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)])).payload
$$;
create function pg_temp.unit(p_captures jsonb, p_refunds jsonb default null) returns jsonb language sql as $$
  select jsonb_build_object('payments', jsonb_strip_nulls(jsonb_build_object('captures', p_captures, 'refunds', p_refunds)))
$$;
create function pg_temp.capture(p_id text, p_value text default '100.00', p_more jsonb default '{}') returns jsonb language sql as $$
  select jsonb_build_object('id', p_id, 'status', 'COMPLETED', 'amount', jsonb_build_object('currency_code', 'USD', 'value', p_value),
    'create_time', '2026-03-02T14:14:06Z') || p_more
$$;
create function pg_temp.refund(p_id text, p_capture text, p_value text default '10.00', p_more jsonb default '{}') returns jsonb language sql as $$
  select jsonb_build_object('id', p_id, 'status', 'COMPLETED', 'amount', jsonb_build_object('currency_code', 'USD', 'value', p_value),
    'create_time', '2026-03-04T12:30:18-08:00', 'links', jsonb_build_array(jsonb_build_object('rel', 'up', 'href', '/v2/payments/captures/' || p_capture))) || p_more
$$;
create function pg_temp.told(p_payload jsonb) returns text language sql as $$
  select string_agg(concat_ws(' ', e.kind, e.object_id, 'of ' || e.parent_object_id, e.currency, e.amount_minor, e.status, e.status_rank,
      to_char(e.occurred_at at time zone 'UTC', 'MM-DD HH24:MI')), ', ' order by e.ordinality)
    from unnest(core.normalize_paypal('{}', p_payload)) with ordinality as e
$$;

select is(pg_temp.told(pg_temp.payload(c.units, c.more::jsonb)), c.expected, c.name)
from (values
  (jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1')))), '{}', 'sale C1 USD 10000 completed 40 03-02 14:14',
    'a capture is the sale'),
  (jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1', '60.00'), pg_temp.capture('C2', '40.00')))), '{}',
    'sale C1 USD 6000 completed 40 03-02 14:14, sale C2 USD 4000 completed 40 03-02 14:14', 'two captures are two sales'),
  (jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1', '60.00'))), pg_temp.unit(jsonb_build_array(pg_temp.capture('C2', '40.00')))),
    '{}',
    'sale C1 USD 6000 completed 40 03-02 14:14, sale C2 USD 4000 completed 40 03-02 14:14', 'so are those of two units'),
  (jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1', '100.00', '{"status": "PENDING"}')))), '{}',
    'none C1 USD 10000 pending 10 03-02 14:14',
    'a pending capture is none'),
  (jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1', '100.00', '{"status": "DECLINED"}'), pg_temp.capture('C2')))),
    '{}',
    'none C1 USD 10000 declined 15 03-02 14:14, sale C2 USD 10000 completed 40 03-02 14:14', 'one declined, the second attempt counts'),
  (jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1', '100.00', '{"status": "PARTIALLY_REFUNDED"}')),
    jsonb_build_array(pg_temp.refund('R1', 'C1')))), '{}',
    'sale C1 USD 10000 partially_refunded 50 03-02 14:14, refund R1 of C1 USD 1000 03-04 20:30',
      'a refund beside its capture, which was a sale'),
  (jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1', '100.00', '{"status": "REFUNDED"}')),
    jsonb_build_array(pg_temp.refund('R1', 'C1'), pg_temp.refund('R2', 'C1', '90.00')))), '{}',
    'sale C1 USD 10000 refunded 60 03-02 14:14, refund R1 of C1 USD 1000 03-04 20:30, refund R2 of C1 USD 9000 03-04 20:30',
      'two refunds are two'),
  (jsonb_build_array(pg_temp.unit('[]', jsonb_build_array(pg_temp.refund('R1', 'C1'))), pg_temp.unit(jsonb_build_array(pg_temp.capture('C1')))),
    '{}',
    'sale C1 USD 10000 completed 40 03-02 14:14, refund R1 of C1 USD 1000 03-04 20:30', 'all captures come before all refunds'),
  (jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1')), jsonb_build_array(pg_temp.refund('R1', '', '10.00', '{"links": null}')))),
    '{}',
    'sale C1 USD 10000 completed 40 03-02 14:14, refund R1 of C1 USD 1000 03-04 20:30',
      'a refund without link belongs to the only capture'),
  (jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1'), pg_temp.capture('C2')), jsonb_build_array(pg_temp.refund('R1', '', '10.00',
    '{"links": null}')))),
    '{}', 'sale C1 USD 10000 completed 40 03-02 14:14, sale C2 USD 10000 completed 40 03-02 14:14, refund R1 USD 1000 03-04 20:30',
      'of two it is not known to which'),
  (jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1')), jsonb_build_array(pg_temp.refund('R1', 'C1', '10.00', '{"status": "PENDING"}')))),
    '{}',
    'sale C1 USD 10000 completed 40 03-02 14:14, none R1 of C1 USD 1000 03-04 20:30', 'a pending refund is none yet'),
  (jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1', '100.00', '{"create_time": null}')))), '{}',
    'sale C1 USD 10000 completed 40 03-02 14:14',
    'a capture without a time of its own has the event''s'),
  ('[]', '{}', 'none O1 completed 40 03-02 14:12', 'an order that shows no payment has only its state to tell'),
  ('[{"payments": {"authorizations": [{"id": "A1", "status": "CREATED"}]}}]', '{"intent": "AUTHORIZE"}', 'none O1 completed 40 03-02 14:12',
    'an authorisation is no sale'),
  ('null', '{"status": null}', 'none O1 completed 40 03-02 14:12', 'nor is an order of which nothing is told: completed, says its topic')
) as c (units, more, expected, name);

select throws_ok(format('select pg_temp.told(%L)', c.payload), c.sqlstate, null, c.name)
from (values
  (pg_temp.payload(jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1') - 'status')))), 'HL111',
    'a capture without status is refused: was it paid?'),
  (pg_temp.payload(jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1') - 'amount')))), 'HL111',
    'so is one without amount'),
  (pg_temp.payload(jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1') - 'id')))), 'HL111', 'or without id'),
  (pg_temp.payload(jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1')), jsonb_build_array(pg_temp.refund('R1', 'C1') - 'status')))),
    'HL111',
    'so is a refund without status'),
  (pg_temp.payload(jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1', '-5.00'))))), 'HL113',
    'a negative capture is refused'),
  (pg_temp.payload(jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1', '5.00', '{"amount": {"value": "5.00"}}'))))),
    'HL116',
    'so is one without currency, whatever the order says'),
  (pg_temp.payload('[]', '{"id": null}'), 'HL111', 'an order of nothing without id is refused')
) as c (payload, sqlstate, name);

-- The keys are those of the captures' and refunds' own events.
create function pg_temp.keys(p_topic text, p_resource jsonb) returns setof text language sql as $$
  select n.dedup_key from core.redact_paypal(jsonb_build_object('event_type', p_topic, 'create_time', '2026-03-09T00:00:00Z', 'resource', p_resource), null) as r,
    unnest(core.normalize_paypal('{}', r.payload)) as n
$$;
create temp table told as
select e.* from unnest(core.normalize_paypal('{}', pg_temp.payload(jsonb_build_array(pg_temp.unit(
  jsonb_build_array(pg_temp.capture('C1', '100.00', '{"status": "PARTIALLY_REFUNDED"}'), pg_temp.capture('C2', '50.00',
    '{"status": "PENDING"}')),
  jsonb_build_array(pg_temp.refund('R1', 'C1'))))))) as e;
select results_eq($$select dedup_key from told order by 1 desc$$,
  $$select * from (select pg_temp.keys('PAYMENT.CAPTURE.COMPLETED', pg_temp.capture('C1')) union all
      select pg_temp.keys('PAYMENT.CAPTURE.PENDING', pg_temp.capture('C2', '50.00', '{"status": "PENDING"}')) union all
      select pg_temp.keys('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('R1', 'C1'))) as k (key) order by 1 desc$$,
  'sale, refund and state have the keys that their own events give them');
select is((select count(distinct t.customer_key) filter (where t.customer_key ~ '^~[0-9a-f]{32}$') from told as t), 1::bigint,
  'all of them name the payer');
select is((select string_agg(t.object_id || ' ' || jsonb_path_query_array(t.payload, '$.resource.purchase_units[*].payments.*[*].id')::text, ', ' order by t.object_id)
    from told as t), 'C1 ["C1"], C2 ["C2"], R1 ["R1"]', 'each carries itself alone');
select results_eq($$select t.object_id, t.kind, t.parent_object_id, t.dedup_key, t.payload from told as t order by 1$$,
  $$select e.object_id, e.kind, e.parent_object_id, e.dedup_key, e.payload from told as t, unnest(core.normalize_paypal('{}', t.payload)) as e order by 1$$,
  'and can be made again from what it carries');
select is((select count(*) from told as t where core.contains_pii(t.payload)), 0::bigint, 'no personal data among it');
-- A refund that was given to the only capture keeps it.
create temp table alone as
select e.* from unnest(core.normalize_paypal('{}', pg_temp.payload(jsonb_build_array(pg_temp.unit(jsonb_build_array(pg_temp.capture('C1')),
  jsonb_build_array(pg_temp.refund('R1', '', '10.00', '{"links": null}'))))))) as e where e.kind = 'refund';
select is((select e.parent_object_id from alone as a, unnest(core.normalize_paypal('{}', a.payload)) as e), 'C1',
  'a refund made again alone still knows its capture');
select is((select (core.redact_paypal(a.payload, null)).payload from alone as a), (select a.payload from alone as a),
  'and redacted again it is the same');

select * from finish();
rollback;

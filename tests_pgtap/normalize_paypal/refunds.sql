-- A refund or reversal comes as an object of its own, seldom as the payment; its size counts. Redacted first, as in ingestion.
begin;
select plan(46);

create function pg_temp.events(p_topic text, p_resource jsonb, p_more jsonb default '{}') returns setof core.canonical_event language sql as $$
  select n.*
    from core.redact_paypal(jsonb_build_object('id', 'WH-1', 'event_type', p_topic, 'create_time', '2026-03-05T14:14:10.482Z',
        'resource', '{"id": "R1", "create_time": "2026-03-04T12:30:18-08:00", "update_time": "2026-03-05T12:30:18-08:00"}' || p_resource) || p_more, null) as r,
      unnest(core.normalize_paypal('{}', r.payload)) as n
$$;
create function pg_temp.told(p_topic text, p_resource jsonb, p_more jsonb default '{}') returns text language sql as $$
  select concat_ws(' ', e.kind, e.object_id, 'of ' || coalesce(e.parent_object_id, '?'), e.currency, e.amount_minor,
      case when e.amount_is_cumulative then 'in all' end, to_char(e.occurred_at at time zone 'UTC', 'MM-DD HH24:MI:SS'))
    from pg_temp.events(p_topic, p_resource, p_more) as e
$$;
create function pg_temp.refund(p_links text, p_more jsonb default '{}', p_amount text default '0.99') returns jsonb language sql as $$
  select jsonb_build_object('amount', jsonb_build_object('value', p_amount, 'currency_code', 'USD'), 'status', 'COMPLETED', 'links', (
      select jsonb_agg(jsonb_build_object('rel', split_part(l.pair, '=', 1), 'href', 'https://api.paypal.com/v2/payments/' || split_part(l.pair, '=', 2)))
        from string_to_table(p_links, ' ') as l (pair) where l.pair <> '')) || p_more
$$;
create function pg_temp.v1(p_total text, p_more jsonb default '{}') returns jsonb language sql as $$
  select pg_temp.refund('self=refund/R1', jsonb_build_object('amount', jsonb_build_object('total', p_total, 'currency', 'USD'), 'state', 'completed') || p_more) - 'status'
$$;

select is(pg_temp.told(c.topic, c.resource, c.more::jsonb), c.expected, c.name)
from (values
  -- Objects of their own
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('self=refunds/R1 up=captures/C1'), '{}', 'refund R1 of C1 USD 99 03-04 20:30:18',
    'a v2 refund gives back the capture above it'),
  ('PAYMENT.CAPTURE.REVERSED', pg_temp.refund('self=refunds/R1 up=captures/C1'), '{}', 'refund R1 of C1 USD 99 03-04 20:30:18',
    'so does a reversal'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1'), '{}', 'refund R1 of C1 USD 99 03-04 20:30:18',
    'its link to itself may be missing'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=checkout/orders/O1 up=captures/C1'), '{}', 'refund R1 of C1 USD 99 03-04 20:30:18',
    'an order above it is not what it gives back'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('self=refunds/R1', '{"supplementary_data": {"related_ids": {"capture_id": "C1"}}}'), '{}',
    'refund R1 of C1 USD 99 03-04 20:30:18', 'the capture may stand among the related ids'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.v1('-0.15', '{"capture_id": "C1"}'), '{}', 'refund R1 of C1 USD 15 03-04 20:30:18',
    'a v1 refund is negative'),
  ('PAYMENT.SALE.REFUNDED', pg_temp.v1('0.02', '{"sale_id": "S1"}'), '{}', 'refund R1 of S1 USD 2 03-04 20:30:18',
    'or positive: its size counts'),
  ('PAYMENT.SALE.REFUNDED', pg_temp.v1('-3.99', '{"links": [{"rel": "sale", "href": "https://api.paypal.com/v1/payments/sale/S1"}]}'), '{}',
    'refund R1 of S1 USD 399 03-04 20:30:18', 'v1 links the sale by that name'),
  ('PAYMENT.SALE.REFUNDED', pg_temp.v1('-3.99'), '{}', 'refund R1 of ? USD 399 03-04 20:30:18',
    'one made on PayPal''s website names no sale and has left all the same'),
  ('PAYMENT.SALE.REVERSED', pg_temp.v1('-0.49'), '{"resource_type": "sale"}', 'refund R1 of ? USD 49 03-04 20:30:18',
    'nor does a v1 reversal'),
  ('PAYMENT.CAPTURE.REVERSED', pg_temp.v1('-0.35'), '{"resource_type": "capture"}', 'refund R1 of ? USD 35 03-04 20:30:18',
    'whatever its resource_type says'),
  ('PAYMENT.CAPTURE.REVERSED', pg_temp.refund('', '{}'), '{"resource_type": "refund", "resource_version": "2.0"}',
    'refund R1 of ? USD 99 03-04 20:30:18',
    'a v2 refund without links is known by its resource_type'),
  ('PAYMENT.SALE.REVERSED', pg_temp.refund('', '{"status": "COMPLETED"}'), '{}', 'refund R1 of ? USD 99 03-04 20:30:18',
    'what tells nothing of itself is a refund'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1') - 'status', '{}', 'refund R1 of C1 USD 99 03-04 20:30:18',
    'without a status the topic tells it'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1', '{"create_time": null}'), '{}', 'refund R1 of C1 USD 99 03-05 14:14:10',
    'without a time of its own the event''s counts'),
  -- Not carried out
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1', '{"status": "PENDING"}'), '{}', 'none R1 of C1 USD 99 03-04 20:30:18',
    'a pending refund is none yet'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1', '{"status": "FAILED"}'), '{}', 'none R1 of C1 USD 99 03-04 20:30:18',
    'one that failed is none'),
  ('PAYMENT.SALE.REFUNDED', pg_temp.v1('-1.00', '{"state": "cancelled", "sale_id": "S1"}'), '{}', 'none R1 of S1 USD 100 03-04 20:30:18',
    'nor is a cancelled one'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1', '{}', '0.00'), '{}', 'none R1 of C1 USD 0 03-04 20:30:18',
    'a refund of zero is none'),
  -- The payment itself
  ('PAYMENT.CAPTURE.REVERSED', pg_temp.refund('self=captures/C1 up=authorizations/A1', '{"id": "C1", "status": "REFUNDED"}', '10.00'), '{}',
    'refund C1:reversed:1000 of C1 USD 1000 in all 03-05 20:30:18', 'a reversed capture gives back all of it, when it was updated'),
  ('PAYMENT.SALE.REVERSED', pg_temp.v1('10.00', '{"id": "S1", "links": [{"rel": "self", "href": "https://api.paypal.com/v1/payments/sale/S1"}]}'),
    '{}',
    'refund S1:reversed:1000 of S1 USD 1000 in all 03-05 20:30:18', 'so does a reversed sale'),
  ('PAYMENT.SALE.REVERSED', pg_temp.refund('', '{"id": "S1", "status": "REVERSED", "update_time": null}', '10.00'), '{}',
    'refund S1:reversed:1000 of S1 USD 1000 in all 03-05 14:14:10', 'known by its status; without update_time at the event''s time'),
  ('PAYMENT.CAPTURE.REVERSED', pg_temp.refund('', '{"id": "C1"}', '10.00'), '{"resource_type": "capture", "resource_version": "2.0"}',
    'refund C1:reversed:1000 of C1 USD 1000 in all 03-05 20:30:18', 'known by v2''s resource_type'),
  ('PAYMENT.SALE.REFUNDED', pg_temp.v1('10.00', '{"id": "S1", "sale_id": "S1", "links": null}'), '{}',
    'refund S1:refunded:1000 of S1 USD 1000 in all 03-05 20:30:18', 'known by naming itself as its sale'),
  ('PAYMENT.SALE.REFUNDED', pg_temp.refund('self=sale/S1', '{"id": "S1", "status": "partially_refunded", "total_refunded_amount": {"value": "4.00", "currency": "USD"}}',
    '10.00'),
    '{}', 'refund S1:refunded:400 of S1 USD 400 in all 03-05 20:30:18', 'refunded in part, its sum so far counts'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('self=captures/R1 up=captures/C1'), '{}', 'refund R1 of C1 USD 99 03-04 20:30:18',
    'what names another payment is a refund of that one')
) as c (topic, resource, more, expected, name);

select throws_ok(format('select * from pg_temp.events(%L, %L, %L)', c.topic, c.resource, c.more), c.sqlstate, null, c.name)
from (values
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1') - 'amount', '{}', 'HL111', 'a refund without amount is refused'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1', '{"amount": {"value": "1.00"}}'), '{}', 'HL116',
    'so is one without currency'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1', '{"amount": {"value": "1.00", "currency_code": "ABC"}}'), '{}', 'HL117',
    'or with an unknown one'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1', '{}', '0.995'), '{}', 'HL113', 'or with half a cent'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1', '{}', '--1'), '{}', 'HL113', 'or with two signs'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1', '{"id": null}'), '{}', 'HL111', 'or without id: it could be told twice'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.v1('-1.00', '{"capture_id": "a/b"}'), '{}', 'HL112', 'or of a capture that cannot be one'),
  ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1', '{"create_time": null}'), '{"create_time": ""}', 'HL111', 'or at no time'),
  ('PAYMENT.SALE.REFUNDED', pg_temp.refund('self=sale/S1', '{"id": "S1", "status": "partially_refunded"}', '10.00'), '{}', 'HL111',
    'a payment refunded in part that tells no sum is refused: how much is not known')
) as c (topic, resource, more, sqlstate, name);

select is(
  (select count(distinct e.dedup_key) from (values ('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1', '{}', '1.00')),
      ('PAYMENT.CAPTURE.REVERSED', pg_temp.v1('-1.00')), ('PAYMENT.SALE.REFUNDED', pg_temp.v1('1.00', '{"create_time": null}'))) as c (topic, resource),
    pg_temp.events(c.topic, c.resource) as e), 1::bigint, 'one refund has one key, in whichever shape');
select is(
  (select count(distinct e.dedup_key) from (values ('{}', '1.00'), ('{}', '1.01'), ('{"id": "R2"}', '1.00'), ('{"status": "PENDING"}', '1.00')) as c (more, amount),
    pg_temp.events('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1', c.more::jsonb, c.amount)) as e), 4::bigint,
  'another amount, refund or state is another fact');
select is((select (e.status, e.status_rank) is null from pg_temp.events('PAYMENT.CAPTURE.REFUNDED', pg_temp.refund('up=captures/C1')) as e), true,
  'a refund tells no state of a payment');

select is(core.paypal_parent(c.resource::jsonb), c.expected, c.name)
from (values
  ('{}', null, 'nothing, no parent'),
  ('{"links": []}', null, 'no links, none'),
  ('{"links": [{"rel": "self", "href": "captures/C1"}]}', null, 'itself is not its parent'),
  ('{"links": [{"rel": "up", "href": "refunds/R0"}]}', null, 'nor is a refund'),
  ('{"links": [{"rel": "up", "href": "captures/C1"}, {"rel": "up", "href": "captures/C2"}]}', 'C1', 'the first of several'),
  ('{"capture_id": "C0", "links": [{"rel": "up", "href": "captures/C1"}]}', 'C0', 'what is said goes before what is linked'),
  ('{"sale_id": "S1"}', 'S1', 'a sale'),
  ('{"supplementary_data": {"related_ids": {"order_id": "O1"}}}', null, 'an order is no parent')
) as c (resource, expected, name);

select * from finish();
rollback;

-- Sales and refunds that the tenant's own systems tell.
begin;
select plan(37);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'standard') as endpoint_id from tap.tenant() as tenant_id;
create function pg_temp.send(p_type text, p_data jsonb, p_id text default gen_random_uuid()::text) returns text language sql as $$
  select concat_ws(' ', s.status, s.reason)
    from t, tap.send(t.tenant_id, t.endpoint_id, jsonb_build_object('webhook-id', p_id),
      jsonb_build_object('type', p_type, 'timestamp', '2026-03-01T10:00:00Z', 'data', p_data)::text) as s
$$;
create function pg_temp.sale(p_order text, p_amount bigint default 10000, p_more jsonb default '{}', p_id text default gen_random_uuid()::text)
  returns text language sql as $$
  select pg_temp.send('order.paid', jsonb_build_object(
    'object_id', p_order, 'currency', 'EUR', 'amount_minor', p_amount, 'occurred_at', '2026-03-01T10:00:00Z') || p_more, p_id)
$$;
create function pg_temp.refund(p_refund text, p_order text, p_amount bigint default 10000, p_more jsonb default '{}') returns text language sql as $$
  select pg_temp.send('order.refunded', jsonb_build_object(
    'object_id', p_refund, 'parent_object_id', p_order, 'currency', 'EUR', 'amount_minor', p_amount, 'occurred_at', '2026-03-02T10:00:00Z') || p_more)
$$;
create function pg_temp.ledger(p_order text) returns text language sql as $$
  select string_agg(concat_ws(' ', l.kind, l.currency, l.amount_minor), ', ' order by l.kind desc, l.object_id)
    from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id and p_order in (l.object_id, l.parent_object_id)
$$;

select is(pg_temp.sale('o1', p_id => 'm1'), 'accepted', 'a sale is accepted');
select is(pg_temp.sale('o1', p_id => 'm1'), 'duplicate', 'its redelivery is a duplicate');
select is(pg_temp.sale('o1', 9999, p_id => 'm1'), 'dead delivery_id_conflict', 'another body under its id is a conflict');
select is(pg_temp.sale('o1', p_id => 'm2'), 'duplicate already_known', 'the same sale under another id is known');
select is(pg_temp.sale('o1', 12000), 'accepted amount_differs', 'with another amount it is kept, and flagged');
select is(pg_temp.refund('r1', 'o1', 3000), 'accepted', 'a partial refund is accepted');
select is(pg_temp.refund('r1', 'o1', 3000), 'duplicate already_known', 'and counts once');
select is(pg_temp.refund('r2', 'o1', 8000), 'accepted refund_exceeds_sale', 'one above what is left is booked up to that');
select is(pg_temp.ledger('o1'), 'sale EUR 10000, refund EUR -3000, refund EUR -7000', 'together they are the sale');
select matches((select string_agg(concat_ws(' ', d.reason, d.detail), ', ' order by d.reason) from core.dead_events as d, t where d.tenant_id = t.tenant_id),
  '^delivery_id_conflict .*, refund_exceeds_sale object_id r2, excess_minor 1000 EUR$', 'the rest waits for a person, and so does the conflict');
select is((select concat_ws(' ', o.status, o.status_rank) from core.object_states as o, t where o.tenant_id = t.tenant_id and o.object_id = 'o1'),
  'paid 40', 'the order is known as paid');

select is(pg_temp.refund('r3', 'o3', 4000), 'accepted', 'a refund before its sale is booked at once');
select is(pg_temp.ledger('o3'), 'refund EUR -4000', 'under the sale''s id');
select is(pg_temp.sale('o3'), 'accepted', 'then the sale comes');
select is(pg_temp.ledger('o3'), 'sale EUR 10000, refund EUR -4000', 'and both stand');
select is(pg_temp.refund('r4', 'o4', 15000), 'accepted', 'a refund before its sale, and larger than it');
select is(pg_temp.sale('o4'), 'accepted refund_exceeds_sale', 'is told when the sale comes');
select is(pg_temp.ledger('o4'), 'sale EUR 10000, refund EUR -15000, correction EUR 5000', 'and corrected');
select is(pg_temp.refund('r5', 'o1', 100, '{"currency": "USD"}'), 'accepted refund_exceeds_sale', 'a refund in another currency is none of this sale');

select is(pg_temp.sale('o6', 0), 'accepted', 'an order of zero is kept');
select is(pg_temp.ledger('o6'), null, 'and books nothing');
select is((select e.kind from core.attribution_events as e, t where e.tenant_id = t.tenant_id and e.object_id = 'o6'), 'none', 'as context');
select is(pg_temp.sale('o7', 1, '{"currency": "JPY"}'), 'accepted', 'one yen');
select is(pg_temp.ledger('o7'), 'sale JPY 1', 'is one yen');

select is(pg_temp.sale('o8', 100, c.more::jsonb), c.expected, c.name)
from (values
  ('{"amount_minor": "100"}', 'dead invalid_amount', 'an amount as text is dead'),
  ('{"amount_minor": 10.5}', 'dead invalid_amount', 'a fraction is dead'),
  ('{"amount_minor": -5}', 'dead invalid_amount', 'a negative amount is dead'),
  ('{"currency": null}', 'dead currency_missing', 'an order without currency is dead'),
  ('{"occurred_at": "2026-03-01 10:00"}', 'dead invalid_timestamp', 'a time without offset is dead'),
  ('{"buyer_email": "zebulon@example.com"}', 'dead pii_violation', 'personal data in an undeclared member are quarantined'),
  ('{"items": [{"for": "zebulon@example.com"}]}', 'dead pii_violation', 'however deep'),
  ('{"customer_key": "zebulon@example.com", "utm_source": "zebulon@example.com", "items": [{"sku": "hat"}]}', 'accepted',
    'in a declared one they are no violation')
) as c (more, expected, name);
select is((select row(e.utm_source, e.customer_key ~ '^~[0-9a-f]{32}$', e.payload #>> '{data,items,0,sku}', e.redacted_count)::text
  from core.attribution_events as e, t where e.tenant_id = t.tenant_id and e.object_id = 'o8'), '(,t,hat,2)', 'they are gone, the rest is kept');
select is((select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id and d::text ~ 'zebulon'), 0::bigint, 'no dead letter holds them');

select is(pg_temp.send(c.type, '{"email": "zebulon@example.com"}'), c.expected, c.name)
from (values
  ('contact.created', 'ignored topic', 'another type is ignored'),
  ('order.created', 'ignored topic', 'even of an order'),
  (null, 'dead missing_field', 'no type is dead')
) as c (type, expected, name);

select * from finish();
rollback;

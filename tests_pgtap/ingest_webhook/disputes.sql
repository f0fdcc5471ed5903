-- A dispute is money at risk: an entry of its own kind, once, that changes no sale and no refund.
begin;
select plan(9);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'stripe') as endpoint_id from tap.tenant() as tenant_id;
create function pg_temp.send(p_type text, p_object jsonb) returns text language sql as $$
  select s.status || ' ' || coalesce(s.reason, '-')
    from t, tap.stripe(t.tenant_id, t.endpoint_id, tap.stripe_event(p_type, p_object)) as s
$$;
create function pg_temp.dispute(p_id text, p_amount bigint) returns jsonb language sql as $$
  select jsonb_build_object('id', p_id, 'object', 'dispute', 'amount', p_amount, 'currency', 'eur', 'charge', 'ch_1',
    'payment_intent', 'pi_1', 'reason', 'fraudulent', 'status', 'needs_response')
$$;

select is(pg_temp.send('charge.dispute.created', pg_temp.dispute('dp_1', 10000)), 'accepted -', 'a dispute may come before its sale');
select is(pg_temp.send('payment_intent.succeeded', tap.stripe_payment_intent('pi_1')), 'accepted -', 'the sale');
select is(pg_temp.send('charge.dispute.created', pg_temp.dispute('dp_1', 10000)), 'duplicate already_known', 'the dispute told again');
select is(pg_temp.send('charge.dispute.created', pg_temp.dispute('dp_1', 9000)), 'accepted amount_differs', 'with another amount');
select is(pg_temp.send('charge.dispute.created', pg_temp.dispute('dp_2', 10000)), 'accepted -', 'a second dispute of the sale');
select is(pg_temp.send('charge.refunded', tap.stripe_charge('ch_1', 'pi_1', 10000, 10000)), 'accepted -',
  'a refund of the whole sale: disputes leave it whole');

select results_eq(
  'select l.kind, l.object_id, l.parent_object_id, l.amount_minor from core.revenue_ledger as l, t
    where l.tenant_id = t.tenant_id order by l.booked_at',
  $$values ('dispute', 'dp_1', 'pi_1', -10000::bigint), ('sale', 'pi_1', null, 10000),
      ('dispute', 'dp_2', 'pi_1', -10000), ('refund', 'ch_1:10000', 'pi_1', -10000)$$,
  'the ledger holds each once'
);
select is(
  (select sum(l.amount_minor) from core.revenue_ledger as l, t
    where l.tenant_id = t.tenant_id and l.kind in ('sale', 'refund', 'correction')),
  0::numeric, 'net revenue does not count disputes'
);
select is((select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id), 0::bigint, 'nothing of this is dead');

select * from finish();
rollback;

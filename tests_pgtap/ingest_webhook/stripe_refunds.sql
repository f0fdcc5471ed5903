-- charge.refunded tells all that was refunded so far; the ledger holds what each one added.
begin;
select plan(19);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'stripe') as endpoint_id from tap.tenant() as tenant_id;
create function pg_temp.send(p_type text, p_object jsonb, p_previous jsonb default null) returns text language sql as $$
  select s.status || ' ' || coalesce(s.reason, '-')
    from t, tap.stripe(t.tenant_id, t.endpoint_id, tap.stripe_event(p_type, p_object, p_previous => p_previous)) as s
$$;
create function pg_temp.ledger(p_payment text) returns text language sql as $$
  select string_agg(concat_ws(' ', l.kind, l.object_id, l.amount_minor), ', ' order by l.booked_at)
    from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id and p_payment in (l.object_id, l.parent_object_id)
$$;

select is(pg_temp.send('payment_intent.succeeded', tap.stripe_payment_intent('pi_1')), 'accepted -', 'a payment of 10000');
select is(pg_temp.send('charge.refunded', tap.stripe_charge('ch_1', 'pi_1', 10000, 2500), '{"amount_refunded": 0}'), 'accepted -',
  '2500 are refunded');
select is(pg_temp.send('charge.refunded', tap.stripe_charge('ch_1', 'pi_1', 10000, 10000), '{"amount_refunded": 2500}'), 'accepted -',
  'then the rest');
select is(pg_temp.ledger('pi_1'), 'sale pi_1 10000, refund ch_1:2500 -2500, refund ch_1:10000 -7500', 'each is booked as what it added');
select is(pg_temp.send('charge.refunded', tap.stripe_charge('ch_1', 'pi_1', 10000, 10000), '{"amount_refunded": 2500}'),
  'duplicate already_known', 'a second event object for the same change adds nothing');

select is(pg_temp.send('payment_intent.succeeded', tap.stripe_payment_intent('pi_2')), 'accepted -', 'a payment of 10000');
select is(pg_temp.send('charge.refunded', tap.stripe_charge('ch_2', 'pi_2', 10000, 2500)), 'accepted -', '2500 in all, without previous attributes');
select is(pg_temp.send('charge.refunded', tap.stripe_charge('ch_2', 'pi_2', 10000, 10000)), 'accepted -', '10000 in all');
select is(pg_temp.ledger('pi_2'), 'sale pi_2 10000, refund ch_2:2500 -2500, refund ch_2:10000 -7500', 'what is booked already is subtracted');

select is(pg_temp.send('charge.succeeded', tap.stripe_charge('ch_3', 'pi_3')), 'accepted -', 'a charge of 10000');
select is(pg_temp.send('charge.refunded', tap.stripe_charge('ch_3', 'pi_3', 10000, 10000)), 'accepted -', 'all is refunded at once');
select is(pg_temp.send('charge.refunded', tap.stripe_charge('ch_3', 'pi_3', 10000, 2500)), 'accepted already_booked',
  'an older total that comes late adds nothing');
select is(pg_temp.ledger('pi_3'), 'sale pi_3 10000, refund ch_3:10000 -10000', 'the ledger holds the whole refund');

select is(pg_temp.send('charge.refunded', tap.stripe_charge('ch_4', null, 10000, 4000), '{"amount_refunded": 0}'), 'accepted -',
  'a refund of a charge without payment intent, before the charge');
select is(pg_temp.send('charge.succeeded', tap.stripe_charge('ch_4')), 'accepted -', 'then the charge');
select is(pg_temp.ledger('ch_4'), 'refund ch_4:4000 -4000, sale ch_4 10000', 'both are booked under the charge');

select is(pg_temp.send('payment_intent.succeeded', tap.stripe_payment_intent('pi_5', 900, 'isk')), 'accepted -', 'a payment of 9 krona');
select is(pg_temp.send('charge.refunded', tap.stripe_charge('ch_5', 'pi_5', 900, 500, 'isk'), '{"amount_refunded": 0}'), 'accepted -',
  '5 krona are refunded');
select is(pg_temp.ledger('pi_5'), 'sale pi_5 9, refund ch_5:500 -5', 'in whole krona');

select * from finish();
rollback;

-- A Toss payment is told as a whole each time: its sale and each cancel are booked once, in whatever order the states arrive.
begin;
select plan(49);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'toss') as endpoint_id, tap.endpoint(tenant_id, 'toss') as other_id from tap.tenant() as tenant_id;
create function pg_temp.send(p_body jsonb, p_verification text default 'requery', p_headers jsonb default '{}') returns text language sql as $$
  select s.status || ' ' || coalesce(s.reason, '-')
    from t, api.ingest_webhook(t.tenant_id, t.endpoint_id,
      jsonb_build_object('tosspayments-webhook-transmission-id', 'whtrans_' || gen_random_uuid()) || p_headers,
      convert_to(p_body::text, 'UTF8'), p_verification) as s
$$;
create function pg_temp.payment(p_key text, p_status text, p_more jsonb default '{}', p_created_at text default '2026-03-05T09:00:00.5',
  p_topic text default 'PAYMENT_STATUS_CHANGED') returns jsonb language sql as $$
  select jsonb_build_object('eventType', p_topic, 'createdAt', p_created_at, 'data', jsonb_build_object(
    'paymentKey', p_key, 'orderId', 'order-' || p_key, 'status', p_status, 'currency', 'KRW', 'totalAmount', 10000,
    'orderName', '차 세트', 'requestedAt', '2026-03-02T14:46:43+09:00',
    'approvedAt', case when p_status in ('DONE', 'PARTIAL_CANCELED', 'CANCELED') then '2026-03-02T14:46:58+09:00' end) || p_more)
$$;
create function pg_temp.cancels(variadic p_amounts integer[]) returns jsonb language sql as $$
  select jsonb_build_object('cancels', jsonb_agg(jsonb_build_object('transactionKey', 'T' || a.ordinal, 'cancelAmount', a.amount,
      'cancelReason', '변심', 'cancelStatus', 'DONE', 'canceledAt', '2026-03-0' || 2 + a.ordinal || 'T12:20:23+09:00') order by a.ordinal))
    from unnest(p_amounts) with ordinality as a (amount, ordinal)
$$;
-- Cancels of different payments have different keys.
create function pg_temp.of(p_key text, p_cancels jsonb) returns jsonb language sql as $$
  select replace(p_cancels::text, '"T', '"' || p_key || 'T')::jsonb
$$;
create function pg_temp.ledger(p_key text) returns text language sql as $$
  select string_agg(concat_ws(' ', l.kind, l.currency, l.amount_minor), ', ' order by l.kind collate "C" desc, l.occurred_at)
    from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id and p_key in (l.object_id, l.parent_object_id)
$$;
create function pg_temp.state(p_key text) returns text language sql as $$
  select s.status from core.object_states as s, t where s.tenant_id = t.tenant_id and s.provider = 'toss' and s.object_id = p_key
$$;

-- In order
select is(pg_temp.send(pg_temp.payment('pk_a', 'DONE')), 'accepted -', 'a payment is done');
select is(pg_temp.ledger('pk_a'), 'sale KRW 10000', 'and a sale');
select is(pg_temp.send(pg_temp.payment('pk_a', 'PARTIAL_CANCELED', pg_temp.of('pk_a', pg_temp.cancels(3000)))), 'accepted -', 'a part is cancelled');
select is(pg_temp.ledger('pk_a'), 'sale KRW 10000, refund KRW -3000', 'and a refund');
select is(pg_temp.send(pg_temp.payment('pk_a', 'PARTIAL_CANCELED', pg_temp.of('pk_a', pg_temp.cancels(3000, 2000)))), 'accepted -', 'another part is cancelled');
select is(pg_temp.ledger('pk_a'), 'sale KRW 10000, refund KRW -3000, refund KRW -2000', 'partial cancels add up, each once');
select is(pg_temp.send(pg_temp.payment('pk_a', 'CANCELED', pg_temp.of('pk_a', pg_temp.cancels(3000, 2000, 5000)))), 'accepted -', 'the rest is cancelled');
select is(pg_temp.ledger('pk_a'), 'sale KRW 10000, refund KRW -3000, refund KRW -2000, refund KRW -5000', 'nothing is left');
select is(pg_temp.state('pk_a'), 'canceled', 'the payment is known as cancelled');
select is(pg_temp.send(pg_temp.payment('pk_a', 'DONE')), 'duplicate already_known', 'a late DONE tells nothing new');
select is(pg_temp.state('pk_a'), 'canceled', 'and changes no state');
select is(pg_temp.send(pg_temp.payment('pk_a', 'CANCELED', pg_temp.of('pk_a', pg_temp.cancels(3000, 2000, 5000)), p_created_at => '2026-03-09T09:00:00')),
  'duplicate already_known', 'nor does the same state again');

-- Out of order, or the first state is never delivered
select is(pg_temp.send(pg_temp.payment('pk_b', 'PARTIAL_CANCELED', pg_temp.of('pk_b', pg_temp.cancels(3000)))), 'accepted -', 'a partial cancel comes first');
select is(pg_temp.ledger('pk_b'), 'sale KRW 10000, refund KRW -3000', 'it tells the sale as well');
select is(pg_temp.send(pg_temp.payment('pk_b', 'DONE')), 'duplicate already_known', 'the payment after it is known');
select is(pg_temp.send(pg_temp.payment('pk_c', 'CANCELED', pg_temp.of('pk_c', pg_temp.cancels(10000)))), 'accepted -', 'a whole cancel alone');
select is(pg_temp.ledger('pk_c'), 'sale KRW 10000, refund KRW -10000', 'is a sale and its refund');
select is(
  (select string_agg(e.kind || ' ' || to_char(e.occurred_at at time zone 'UTC', 'MM-DD HH24:MI:SS'), ', ' order by e.occurred_at)
     from core.attribution_events as e, t where e.tenant_id = t.tenant_id and 'pk_c' in (e.object_id, e.parent_object_id)),
  'sale 03-02 05:46:58, refund 03-03 03:20:23', 'each at its own time'
);

-- Two approvals race: DONE, then ABORTED 46 ms later.
select is(pg_temp.send(pg_temp.payment('pk_d', 'DONE', '{"approvedAt": "2023-07-20T16:35:47+09:00"}', '2023-07-20T16:35:47.729718')), 'accepted -', 'DONE');
select is(pg_temp.send(pg_temp.payment('pk_d', 'ABORTED', p_created_at => '2023-07-20T16:35:47.775093')) ~ '^(accepted|superseded) -$', true, 'then ABORTED');
select is(pg_temp.ledger('pk_d'), 'sale KRW 10000', 'the sale stands');
select is(pg_temp.send(pg_temp.payment('pk_e', 'ABORTED', p_created_at => '2023-07-20T16:35:47.775093')), 'accepted -', 'ABORTED');
select is(pg_temp.ledger('pk_e'), null, 'is no sale');
select is(pg_temp.send(pg_temp.payment('pk_e', 'DONE', '{"approvedAt": "2023-07-20T16:35:47+09:00"}', '2023-07-20T16:35:47.729718')) ~ '^(accepted|superseded) -$', true,
  'then DONE');
select is(pg_temp.ledger('pk_e'), 'sale KRW 10000', 'which is one, though it comes later');

-- A virtual account: waiting, paid, a deposit error, paid again.
select is(pg_temp.send(pg_temp.payment('pk_f', 'WAITING_FOR_DEPOSIT', p_created_at => '2026-03-02T09:00:00.1')), 'accepted -', 'an account waits');
select is(pg_temp.ledger('pk_f'), null, 'nothing is sold yet');
select is(pg_temp.send(pg_temp.payment('pk_f', 'DONE')), 'accepted -', 'somebody pays');
select is(pg_temp.send(pg_temp.payment('pk_f', 'DONE', p_topic => 'DEPOSIT_CALLBACK'), 'secret'), 'duplicate already_known',
  'the deposit callback tells the same');
select is(pg_temp.ledger('pk_f'), 'sale KRW 10000', 'so it counts once');
select is(pg_temp.send(pg_temp.payment('pk_f', 'WAITING_FOR_DEPOSIT', '{"lastTransactionKey": "Tf2"}', '2026-03-03T09:00:00.1')), 'accepted -', 'the deposit was an error');
select is(pg_temp.state('pk_f'), 'waiting_for_deposit', 'the state says so');
select is(pg_temp.ledger('pk_f'), 'sale KRW 10000', 'the sale stays booked until a cancel undoes it');
select is(pg_temp.send(pg_temp.payment('pk_f', 'DONE', '{"approvedAt": "2026-03-04T09:00:00+09:00"}')), 'duplicate already_known', 'the deposit made good');
select is(pg_temp.ledger('pk_f') || ' ' || pg_temp.state('pk_f'), 'sale KRW 10000 done', 'is still one sale');
select is(pg_temp.send(pg_temp.payment('pk_f', 'WAITING_FOR_DEPOSIT', p_created_at => '2026-03-02T09:00:00.1', p_topic => 'DEPOSIT_CALLBACK')),
  'duplicate already_known', 'what was waiting long ago is known');
select is(pg_temp.state('pk_f'), 'done', 'and changes nothing');
select is(pg_temp.send(pg_temp.payment('pk_g', 'CANCELED', pg_temp.of('pk_g', pg_temp.cancels(10000)) || '{"approvedAt": null}')), 'accepted -',
  'an account cancelled before anybody paid');
select is(pg_temp.ledger('pk_g'), null, 'moved no money');

-- One bad cancel must not be lost with its payment unnoticed.
select is(pg_temp.send(pg_temp.payment('pk_h', 'PARTIAL_CANCELED', '{"cancels": [{"cancelAmount": 1, "canceledAt": "2026-03-03T12:20:23+09:00"}]}')),
  'dead missing_field', 'a cancel without transaction key');
select is((select d.detail from core.dead_events as d, t where d.tenant_id = t.tenant_id), 'cancels.transactionKey', 'is named');
select is(pg_temp.send(pg_temp.payment('pk_i', 'PARTIAL_CANCELED', pg_temp.of('pk_i', pg_temp.cancels(9000, 9000)))), 'accepted refund_exceeds_sale',
  'more cancelled than paid');
select is(pg_temp.ledger('pk_i'), 'sale KRW 10000, refund KRW -9000, refund KRW -1000', 'is booked up to what was paid');
select is(
  (select string_agg(d.payload #>> '{data,cancels,0,transactionKey}', ', ') from core.dead_events as d, t
    where d.tenant_id = t.tenant_id and d.reason = 'refund_exceeds_sale'), 'pk_iT2', 'the rest waits with the cancel that is too much'
);

-- Through another endpoint, by hand, as the API answers it
select is(
  (select s.status || ' ' || s.reason from t, api.ingest_webhook(t.tenant_id, t.other_id, '{}',
    convert_to(pg_temp.payment('pk_a', 'DONE')::text, 'UTF8'), 'none') as s),
  'duplicate already_known', 'a second endpoint of the tenant counts nothing twice'
);
select is(pg_temp.send(pg_temp.payment('pk_j', 'DONE') -> 'data', 'none', '{"tosspayments-webhook-transmission-id": null}'), 'accepted -',
  'a Payment object that a DBA loads');
select is(pg_temp.ledger('pk_j'), 'sale KRW 10000', 'is booked');
select is(pg_temp.send(pg_temp.payment('pk_j', 'DONE')), 'duplicate already_known', 'and its webhook tells nothing new');
select is((select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id and core.contains_pii(e.payload)), 0::bigint,
  'no event holds personal data');

select * from finish();
rollback;

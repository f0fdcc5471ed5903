-- When a Toss payment is a sale, of how much, and when. Each payload is redacted first, as in ingestion.
begin;
select plan(63);

create function pg_temp.events(p_more jsonb, p_topic text default 'PAYMENT_STATUS_CHANGED', p_created_at text default '2026-03-02T14:46:59.65327')
  returns setof core.canonical_event language sql as $$
  select n.*
    from core.redact_toss(jsonb_build_object('eventType', p_topic, 'createdAt', p_created_at, 'data', '{
        "paymentKey": "pk_1", "orderId": "order-1", "lastTransactionKey": "T1", "status": "DONE", "currency": "KRW",
        "totalAmount": 37400, "balanceAmount": 37400, "requestedAt": "2026-03-02T14:46:43+09:00",
        "approvedAt": "2026-03-02T14:46:58+09:00", "cancels": null}'::jsonb || p_more),
      array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)]) as r,
      unnest(core.normalize_toss('{}', r.payload)) as n
$$;

select is(
  (select string_agg(concat_ws(' ', e.kind, e.currency, e.amount_minor, e.status, e.status_rank), ', ') from pg_temp.events(c.more::jsonb) as e),
  c.expected, c.name
)
from (values
  ('{}', 'sale KRW 37400 done 40', 'DONE is a sale of the total'),
  ('{"status": "PARTIAL_CANCELED"}', 'sale KRW 37400 partial_canceled 50', 'a payment cancelled in part was a sale'),
  ('{"status": "CANCELED"}', 'sale KRW 37400 canceled 70', 'a cancelled payment that had been approved was a sale'),
  ('{"status": "CANCELED", "approvedAt": null}', 'none KRW 37400 canceled 70', 'one that never was approved is none'),
  ('{"status": "CANCELED", "approvedAt": null, "cancels": [{"transactionKey": "T2", "cancelAmount": 37400, "cancelStatus": "DONE"}]}',
    'none KRW 37400 canceled 70', 'a virtual account cancelled before anybody paid moved no money'),
  ('{"status": "WAITING_FOR_DEPOSIT", "approvedAt": null}', 'none KRW 37400 waiting_for_deposit 20', 'waiting for a deposit is no sale'),
  ('{"status": "ABORTED", "approvedAt": null}', 'none KRW 37400 aborted 15', 'an aborted payment is none'),
  ('{"status": "EXPIRED", "approvedAt": null}', 'none KRW 37400 expired 15', 'an expired payment is none'),
  ('{"status": "READY", "approvedAt": null}', 'none KRW 37400 ready 10', 'one that is ready is none'),
  ('{"status": "IN_PROGRESS", "approvedAt": null}', 'none KRW 37400 in_progress 10', 'one in progress is none'),
  ('{"status": "SOMETHING_NEW"}', 'none KRW 37400 something_new 10', 'a state nobody knows is none'),
  ('{"status": "ABORTED", "totalAmount": null, "currency": null}', 'none aborted 15', 'what is no sale needs no amount'),
  ('{"status": "ABORTED", "currency": null}', 'none aborted 15', 'nor a currency'),
  ('{"status": "EXPIRED", "totalAmount": ""}', 'none expired 15', 'an empty amount is none'),
  ('{"totalAmount": 0}', 'none KRW 0 done 40', 'a payment of zero is no sale'),
  ('{"totalAmount": 5000.0}', 'sale KRW 5000 done 40', 'won in the form of a fraction are won'),
  ('{"totalAmount": "5000"}', 'sale KRW 5000 done 40', 'an amount as text is an amount'),
  ('{"totalAmount": 999999999999999}', 'sale KRW 999999999999999 done 40', 'fifteen digits are exact'),
  ('{"currency": "USD", "totalAmount": 12.34}', 'sale USD 1234 done 40', 'dollars have cents'),
  ('{"currency": "JPY", "totalAmount": 1500}', 'sale JPY 1500 done 40', 'yen have none'),
  ('{"currency": "krw"}', 'sale KRW 37400 done 40', 'a currency in lower case is that currency'),
  ('{"status": "done"}', 'sale KRW 37400 done 40', 'so is a status')
) as c (more, expected, name);

select throws_ok(format('select * from pg_temp.events(%L)', c.more), c.sqlstate, null, c.name)
from (values
  ('{"currency": null}', 'HL116', 'a sale without currency is refused, not taken for won'),
  ('{"currency": "WON"}', 'HL117', 'an unknown currency is refused'),
  ('{"totalAmount": null}', 'HL111', 'a sale without amount is refused'),
  ('{"totalAmount": -1}', 'HL113', 'a negative total is refused'),
  ('{"totalAmount": 0.5}', 'HL113', 'half a won is refused'),
  ('{"totalAmount": "many"}', 'HL113', 'a word is no amount'),
  ('{"totalAmount": 9007199254740993}', 'HL114', 'more than 10^15 won are refused'),
  ('{"paymentKey": null}', 'HL111', 'a payment without key is refused'),
  ('{"status": null}', 'HL111', 'a payment without status is refused'),
  ('{"status": ""}', 'HL111', 'an empty status is none'),
  ('{"approvedAt": "yesterday"}', 'HL115', 'a time that is none is refused'),
  ('{"approvedAt": "1970-01-01T09:00:00+09:00"}', 'HL115', 'so is the beginning of time')
) as c (more, sqlstate, name);

-- Time: approvedAt with its offset; else createdAt, Korean time with any number of decimals.
select is((select e.occurred_at from pg_temp.events(c.more::jsonb, p_created_at => c.created_at) as e), c.expected::timestamptz, c.name)
from (values
  ('{}', '2026-03-02T14:46:59.65327', '2026-03-02 05:46:58+00', 'a sale happened when it was approved'),
  ('{"approvedAt": "2026-03-02T05:46:58Z"}', 'x', '2026-03-02 05:46:58+00', 'whatever its offset'),
  ('{"approvedAt": "2026-03-02T14:46:58"}', 'x', '2026-03-02 05:46:58+00', 'or without one'),
  ('{"approvedAt": null}', '2026-03-02T14:46:59.65327', '2026-03-02 05:46:59.65327+00', 'a sale without it when the webhook was created'),
  ('{"status": "WAITING_FOR_DEPOSIT", "approvedAt": null}', '2026-03-02T14:46:59.653270', '2026-03-02 05:46:59.65327+00', 'six decimals'),
  ('{"status": "WAITING_FOR_DEPOSIT", "approvedAt": null}', '2026-03-02T14:46:59.653', '2026-03-02 05:46:59.653+00', 'three decimals'),
  ('{"status": "WAITING_FOR_DEPOSIT", "approvedAt": null}', '2026-03-02T14:46:59', '2026-03-02 05:46:59+00', 'no decimals'),
  ('{"status": "WAITING_FOR_DEPOSIT", "approvedAt": null}', '2026-03-02T14:46:59+00:00', '2026-03-02 14:46:59+00', 'an offset counts where there is one'),
  ('{"status": "WAITING_FOR_DEPOSIT"}', '2026-03-02T14:46:59', '2026-03-02 05:46:59+00', 'what is not paid has the time of the webhook, though it was approved once'),
  ('{"status": "EXPIRED", "approvedAt": null}', null, '2026-03-02 05:46:43+00', 'a Payment object alone has the time of the request')
) as c (more, created_at, expected, name);

-- One fact, one key.
create function pg_temp.key(p_more jsonb, p_topic text default 'PAYMENT_STATUS_CHANGED', p_created_at text default '2026-03-02T14:46:59')
  returns text language sql as $$ select e.dedup_key from pg_temp.events(p_more, p_topic, p_created_at) as e limit 1 $$;
select is(pg_temp.key('{"status": "PARTIAL_CANCELED", "lastTransactionKey": "T2"}'), pg_temp.key('{}'), 'a sale keeps its key when it is cancelled in part');
select is(pg_temp.key('{"status": "CANCELED"}'), pg_temp.key('{}'), 'and when it is cancelled');
select is(pg_temp.key('{}', 'DEPOSIT_CALLBACK'), pg_temp.key('{}'), 'a deposit callback tells the same sale');
select is(pg_temp.key('{}', p_created_at => '2026-03-05T00:00:00'), pg_temp.key('{}'), 'whenever it is told');
select isnt(pg_temp.key('{"paymentKey": "pk_2"}'), pg_temp.key('{}'), 'another payment is another sale');
select isnt(pg_temp.key('{"totalAmount": 1}'), pg_temp.key('{}'), 'another amount is another fact');
select isnt(pg_temp.key('{"status": "ABORTED"}'), pg_temp.key('{"status": "EXPIRED"}'), 'another state is another fact');
select is(pg_temp.key('{"status": "WAITING_FOR_DEPOSIT"}', 'DEPOSIT_CALLBACK', '2026-03-05T00:00:00'), pg_temp.key('{"status": "WAITING_FOR_DEPOSIT"}'),
  'a state is one fact, whoever tells it');
select isnt(pg_temp.key('{"status": "WAITING_FOR_DEPOSIT", "lastTransactionKey": "T9"}'), pg_temp.key('{"status": "WAITING_FOR_DEPOSIT"}'),
  'after another transaction it is another');

-- Attribution stands in the metadata, the merchant's own space.
select is(
  (select concat_ws(' ', e.utm_source, e.utm_medium, e.utm_campaign, e.landing_page, e.referrer) from pg_temp.events('{"metadata": {
    "utm_source": "naver", "utm_medium": "cpc", "utm_campaign": "spring", "landing_page": "https://shop.example.com/?utm_source=naver",
    "referrer": "https://search.example.com/"}}') as e),
  'naver cpc spring https://shop.example.com/?utm_source=naver https://search.example.com/', 'the metadata tells the channel'
);
select is(
  (select row(e.session_id, e.customer_key)::text from pg_temp.events('{"metadata": {"session_id": "s1"}, "customerKey": "c1"}') as e),
  row(core.pseudonymise(p.pads, 's1'), core.pseudonymise(p.pads, 'c1'))::text, 'session and customer are the tenant''s pseudonyms'
)
from (select array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)] as pads) as p;
select is((select e.session_id from pg_temp.events('{"metadata": null}') as e), null, 'without metadata there is no session');

-- What Toss sends unconfirmed, loaded as it is.
create function pg_temp.raw(p_body jsonb) returns text language sql as $$
  select string_agg(concat_ws(' ', n.event_type, n.kind, n.object_id, n.parent_object_id, n.amount_minor, n.status, n.occurred_at at time zone 'UTC'), ', ')
    from core.redact_toss(p_body, null) as r, unnest(core.normalize_toss('{}', r.payload)) as n
$$;
select is(pg_temp.raw(c.body::jsonb), c.expected, c.name)
from (values
  ('{"createdAt": "2022-01-01T00:00:00.000000", "secret": "s", "status": "DONE", "transactionKey": "T1", "orderId": "order-1"}',
    'DEPOSIT_CALLBACK none order-1 done 2021-12-31 15:00:00', 'a deposit names neither payment nor amount: the order''s state'),
  ('{"eventType": "CANCEL_STATUS_CHANGED", "createdAt": "2024-02-13T12:20:24", "data": {"transactionKey": "T2", "cancelAmount": 1000,
     "canceledAt": "2024-02-13T12:20:23+09:00", "cancelStatus": "DONE"}}',
    'CANCEL_STATUS_CHANGED none T2 2024-02-13 03:20:23', 'a cancel names neither payment nor currency: context'),
  ('{"eventType": "CANCEL_STATUS_CHANGED", "createdAt": "2024-02-13T12:20:24", "data": {"paymentKey": "pk_1", "status": "CANCELED",
     "totalAmount": 1000, "currency": "KRW", "approvedAt": "2024-02-13T12:18:14+09:00", "cancels": [{"transactionKey": "T2",
     "cancelAmount": 1000, "canceledAt": "2024-02-13T12:20:23+09:00", "cancelStatus": "DONE"}]}}',
    'CANCEL_STATUS_CHANGED sale pk_1 1000 canceled 2024-02-13 03:18:14, CANCEL_STATUS_CHANGED refund T2 pk_1 1000 2024-02-13 03:20:23',
    'with the payment in it, it is read like any other'),
  ('{"paymentKey": "pk_1", "orderId": "order-1", "status": "DONE", "totalAmount": 1000, "currency": "KRW", "approvedAt": "2024-02-13T12:18:14+09:00"}',
    'PAYMENT_STATUS_CHANGED sale pk_1 1000 done 2024-02-13 03:18:14', 'a Payment object from the API is a sale')
) as c (body, expected, name);
select throws_ok(format('select pg_temp.raw(%L)', c.body), c.sqlstate, null, c.name)
from (values
  ('{"eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2022-05-12T00:00:00.000", "data": {"paymentKey": "k", "status": "DONE", "orderId": "o"}}',
    'HL111', 'a sale that tells no amount is refused'),
  ('{"eventType": "CANCEL_STATUS_CHANGED", "createdAt": "2022-05-12T00:00:00.000", "data": {}}', 'HL111', 'a cancel of nothing is refused'),
  ('{"status": "DONE", "transactionKey": "T1", "orderId": "order-1"}', 'HL111', 'a deposit at no time is refused')
) as c (body, sqlstate, name);

select * from finish();
rollback;

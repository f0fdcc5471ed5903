-- Each cancel that is carried out is a refund of its own, told together with the sale each time.
begin;
select plan(27);

create function pg_temp.events(p_cancels jsonb, p_more jsonb default '{}')
  returns setof core.canonical_event language sql as $$
  select n.*
    from core.redact_toss(jsonb_build_object('eventType', 'PAYMENT_STATUS_CHANGED', 'createdAt', '2026-03-05T09:00:00.5', 'data', '{
        "paymentKey": "pk_1", "orderId": "order-1", "lastTransactionKey": "T2", "status": "PARTIAL_CANCELED", "currency": "KRW",
        "totalAmount": 10000, "approvedAt": "2026-03-02T14:46:58+09:00"}'::jsonb || jsonb_build_object('cancels', p_cancels) || p_more), null) as r,
      unnest(core.normalize_toss('{}', r.payload)) as n
$$;
create function pg_temp.cancel(p_key text, p_amount jsonb, p_more jsonb default '{}') returns jsonb language sql as $$
  select jsonb_build_object('transactionKey', p_key, 'cancelAmount', p_amount, 'cancelStatus', 'DONE', 'canceledAt', '2026-03-04T12:20:23+09:00') || p_more
$$;
create function pg_temp.told(p_cancels jsonb, p_more jsonb default '{}') returns text language sql as $$
  select string_agg(concat_ws(' ', e.kind, e.object_id, e.parent_object_id, e.currency, e.amount_minor), ', ' order by e.ordinality)
    from (select * from pg_temp.events(p_cancels, p_more) with ordinality) as e
$$;

select is(pg_temp.told(c.cancels, c.more::jsonb), c.expected, c.name)
from (values
  (jsonb_build_array(pg_temp.cancel('T2', '3000')), '{}', 'sale pk_1 KRW 10000, refund T2 pk_1 KRW 3000', 'a partial cancel is a refund'),
  (jsonb_build_array(pg_temp.cancel('T2', '3000'), pg_temp.cancel('T3', '2000')), '{}',
    'sale pk_1 KRW 10000, refund T2 pk_1 KRW 3000, refund T3 pk_1 KRW 2000', 'each partial cancel is one'),
  (jsonb_build_array(pg_temp.cancel('T2', '10000')), '{"status": "CANCELED"}', 'sale pk_1 KRW 10000, refund T2 pk_1 KRW 10000', 'so is the whole'),
  (jsonb_build_array(pg_temp.cancel('T2', '10000')), '{"status": "CANCELED", "approvedAt": null}', 'none pk_1 KRW 10000',
    'what nobody paid is not given back'),
  (jsonb_build_array(pg_temp.cancel('T2', '3000', '{"cancelStatus": "IN_PROGRESS"}')), '{"status": "DONE"}', 'sale pk_1 KRW 10000',
    'a cancel in progress is none yet'),
  (jsonb_build_array(pg_temp.cancel('T2', '3000', '{"cancelStatus": "ABORTED"}')), '{"status": "DONE"}', 'sale pk_1 KRW 10000', 'one that failed is none'),
  (jsonb_build_array(pg_temp.cancel('T2', '3000', '{"cancelStatus": "ABORTED"}'), pg_temp.cancel('T3', '3000')), '{}',
    'sale pk_1 KRW 10000, refund T3 pk_1 KRW 3000', 'the second attempt counts'),
  (jsonb_build_array(pg_temp.cancel('T2', '3000', '{"cancelStatus": null}')), '{}', 'sale pk_1 KRW 10000, refund T2 pk_1 KRW 3000',
    'older API versions tell no status of a cancel'),
  (jsonb_build_array(pg_temp.cancel('T2', '3000') - 'cancelStatus'), '{}', 'sale pk_1 KRW 10000, refund T2 pk_1 KRW 3000', 'or leave it out'),
  (jsonb_build_array(pg_temp.cancel('T2', '0')), '{}', 'sale pk_1 KRW 10000', 'a cancel of zero is none'),
  (jsonb_build_array(pg_temp.cancel('T2', '5000.0')), '{}', 'sale pk_1 KRW 10000, refund T2 pk_1 KRW 5000', 'won in the form of a fraction are won'),
  (jsonb_build_array(pg_temp.cancel('T2', '1.5')), '{"currency": "USD", "totalAmount": 3}', 'sale pk_1 USD 300, refund T2 pk_1 USD 150',
    'a cancel is in the payment''s currency'),
  ('[]', '{}', 'sale pk_1 KRW 10000', 'no cancel, no refund'),
  ('null', '{}', 'sale pk_1 KRW 10000', 'null is none')
) as c (cancels, more, expected, name);
-- A document without approvedAt at all, as one made by hand may be.
select is(
  (select string_agg(concat_ws(' ', n.kind, n.object_id, n.amount_minor), ', ' order by n.ordinality)
     from core.redact_toss(('{"eventType": "PAYMENT_STATUS_CHANGED", "createdAt": "2026-03-05T09:00:00", "data": {"paymentKey": "pk_1",
       "status": "CANCELED", "currency": "KRW", "totalAmount": 10000, "cancels": ' || c.cancels || '}}')::jsonb, null) as r,
       unnest(core.normalize_toss('{}', r.payload)) with ordinality as n),
  c.expected, c.name
)
from (values
  ('[{"transactionKey": "T2", "cancelAmount": 10000}]', 'sale pk_1 10000, refund T2 10000', 'where approvedAt is left out the cancels say it was paid'),
  ('[]', 'none pk_1 10000', 'and where there is none, nothing does')
) as c (cancels, expected, name);

select throws_ok(format('select * from pg_temp.events(%L, %L)', jsonb_build_array(c.cancel), c.more), c.sqlstate, null, c.name)
from (values
  (pg_temp.cancel(null, '3000'), '{}', 'HL111', 'a cancel without transaction key is refused: it could be told twice'),
  (pg_temp.cancel('T2', 'null'), '{}', 'HL111', 'one without amount is refused'),
  (pg_temp.cancel('T2', '-3000'), '{}', 'HL113', 'a negative one is refused'),
  (pg_temp.cancel('T2', '0.5'), '{}', 'HL113', 'half a won is refused'),
  (pg_temp.cancel('T2', '3000', '{"canceledAt": "later"}'), '{}', 'HL115', 'one at no time is refused'),
  (pg_temp.cancel('T2', '3000'), '{"currency": null}', 'HL116', 'one without currency is refused')
) as c (cancel, more, sqlstate, name);

select is((select e.occurred_at from pg_temp.events(jsonb_build_array(pg_temp.cancel('T2', '3000', c.more::jsonb))) as e where e.kind = 'refund'),
  c.expected::timestamptz, c.name)
from (values
  ('{}', '2026-03-04 03:20:23+00', 'a refund happened when it was cancelled'),
  ('{"canceledAt": "2026-03-04T12:20:23"}', '2026-03-04 03:20:23+00', 'Korean time without an offset'),
  ('{"canceledAt": null}', '2026-03-05 00:00:00.5+00', 'else when the webhook was created')
) as c (more, expected, name);

-- What is buried is replayed on its own, so a refund carries its own cancel and its payment.
select is(
  (select string_agg(n.kind || ' ' || n.object_id, ', ' order by n.ordinality)
     from pg_temp.events(jsonb_build_array(pg_temp.cancel('T2', '3000'), pg_temp.cancel('T3', '2000'))) as e,
       core.redact_toss(e.payload, null) as r, unnest(core.normalize_toss('{}', r.payload)) with ordinality as n
    where e.object_id = 'T3'),
  'sale pk_1, refund T3', 'the payload of a refund tells that refund again'
);
select is(
  (select row(e.status, e.status_rank, e.session_id)::text from pg_temp.events(jsonb_build_array(pg_temp.cancel('T2', '3000'))) as e where e.kind = 'refund'),
  '(,,)', 'a refund has no state of its own'
);

select * from finish();
rollback;

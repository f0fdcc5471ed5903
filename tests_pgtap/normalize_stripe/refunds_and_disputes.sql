-- charge.refunded tells all that was refunded so far; this refund alone is the difference.
begin;
select plan(22);

create function pg_temp.event(p_event jsonb)
  returns setof core.canonical_event language sql as $$
  select n.*
    from core.redact_stripe(p_event, array[core.hmac_pad('key', 54), core.hmac_pad('key', 92)]) as r,
      unnest(core.normalize_stripe('{}', r.payload, '{"revenue_from": "invoices"}')) as n
$$;

select is(
  (select concat_ws(' ', e.kind, e.currency, e.amount_minor, e.object_id, e.parent_object_id,
      case when e.amount_is_cumulative then 'so far' else 'alone' end)
     from pg_temp.event(tap.stripe_event('charge.refunded',
       '{"id": "ch_1", "payment_intent": "pi_1", "amount": 1000, "currency": "usd"}'::jsonb || c.object::jsonb,
       'evt_1', c.previous::jsonb)) as e),
  c.expected,
  c.name
)
from (values
  ('{"amount_refunded": 300}', '{"amount_refunded": 0}', 'refund USD 300 ch_1:300 pi_1 alone', 'the first refund'),
  ('{"amount_refunded": 1000}', '{"amount_refunded": 300}', 'refund USD 700 ch_1:1000 pi_1 alone',
    'the second is the difference to what was refunded before'),
  ('{"amount_refunded": 1000}', '{"amount_refunded": 1000}', 'none USD 0 ch_1:1000 pi_1 alone', 'no difference is no refund'),
  ('{"amount_refunded": 300}', null, 'refund USD 300 ch_1:300 pi_1 so far',
    'without previous attributes the amount is all that was refunded so far'),
  ('{"amount_refunded": 300}', '{"receipt_url": null}', 'refund USD 300 ch_1:300 pi_1 so far',
    'so it is where they tell something else'),
  ('{"amount_refunded": 1000, "refunds": {"data": [{"id": "re_2", "amount": 700}, {"id": "re_1", "amount": 300}]}}', null,
    'refund USD 700 ch_1:1000 pi_1 alone', 'the newest refund in the list of an old API version'),
  ('{"amount_refunded": 1000, "refunds": {"data": [{"id": "re_2", "amount": 1}]}}', '{"amount_refunded": 300}',
    'refund USD 700 ch_1:1000 pi_1 alone', 'previous attributes go before the list'),
  ('{"amount_refunded": 300, "payment_intent": null}', '{"amount_refunded": 0}', 'refund USD 300 ch_1:300 ch_1 alone',
    'without payment intent the parent is the charge'),
  ('{"amount_refunded": 900, "currency": "isk"}', '{"amount_refunded": 0}', 'refund ISK 9 ch_1:900 pi_1 alone',
    'krona are converted, the object keeps Stripe''s own number'),
  ('{"amount_refunded": 0}', null, 'none USD 0 ch_1:0 pi_1 so far', 'nothing refunded is no refund')
) as c (object, previous, expected, name);

select throws_ok(
  format('select * from pg_temp.event(%L)', tap.stripe_event('charge.refunded',
    '{"id": "ch_1", "currency": "usd"}'::jsonb || c.object::jsonb, 'evt_1', c.previous::jsonb)),
  c.sqlstate, null, c.name
)
from (values
  ('{}', null, 'HL111', 'a refund without refunded amount is refused'),
  ('{"amount_refunded": "300"}', null, 'HL113', 'a refunded amount as text is refused'),
  ('{"amount_refunded": -1}', null, 'HL113', 'a negative one is refused'),
  ('{"amount_refunded": 1.5}', null, 'HL113', 'a fraction is refused'),
  ('{"amount_refunded": 99999999999999999999}', null, 'HL114', 'twenty digits are refused'),
  ('{"amount_refunded": 300}', '{"amount_refunded": "x"}', 'HL113', 'an unreadable previous amount is refused')
) as c (object, previous, sqlstate, name);

select is(
  (select concat_ws(' ', e.kind, e.currency, e.amount_minor, e.object_id, e.parent_object_id)
     from pg_temp.event(tap.stripe_event('charge.dispute.created',
       '{"id": "dp_1", "charge": "ch_1", "payment_intent": "pi_1", "amount": 1000, "currency": "usd"}'::jsonb || c.object::jsonb)) as e),
  c.expected,
  c.name
)
from (values
  ('{}', 'dispute USD 1000 dp_1 pi_1', 'a dispute belongs to its payment intent'),
  ('{"payment_intent": null}', 'dispute USD 1000 dp_1 ch_1', 'else to its charge'),
  ('{"payment_intent": null, "charge": {"id": "ch_9", "object": "charge"}}', 'dispute USD 1000 dp_1 ch_9', 'expanded or not'),
  ('{"amount": 0}', 'none USD 0 dp_1 pi_1', 'a dispute over nothing is none'),
  ('{"amount": 500, "currency": "ugx"}', 'dispute UGX 5 dp_1 pi_1', 'its amount is converted as well')
) as c (object, expected, name);

select throws_ok(
  format('select * from pg_temp.event(%L)', tap.stripe_event('charge.dispute.created',
    '{"id": "dp_1", "amount": 1, "currency": "usd"}')),
  'HL111', null, 'a dispute about nothing is refused'
);

select * from finish();
rollback;

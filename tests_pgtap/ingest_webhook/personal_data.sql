-- Personal data at undeclared paths: quarantined by default, redacted or pseudonymised where the endpoint says so.
begin;
select plan(19);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as quarantine, tap.endpoint(tenant_id, 'shopify', '{"pii": "redact"}') as redact,
  tap.endpoint(tenant_id, 'shopify', '{"pii": "pseudonymise"}') as pseudonymise, tap.endpoint(tenant_id, 'stripe') as stripe
from tap.tenant() as tenant_id;
create function pg_temp.send(p_endpoint_id uuid, p_id bigint, p_more jsonb, p_topic text default 'orders/paid',
  out status text, out receipt_id uuid, out event_id uuid, out reason text) language sql as $$
  select s.* from t, tap.shopify(t.tenant_id, p_endpoint_id, p_topic, tap.shopify_order(p_id, p_more => p_more)) as s
$$;

create temp table quarantined as
select s.* from t, pg_temp.send(t.quarantine, 1, '{"partner_email": "zebulon@example.com", "x": ["call 212-555-0143"], "email": "zebulon@example.com"}') as s;
select is((select row(status, reason, event_id)::text from quarantined), '(dead,pii_violation,)', 'by default such a webhook is dead');
select results_eq(
  'select d.stage, d.reason, d.sqlstate, d.detail, d.masked_body, d.payload -> ''partner_email'', d.payload -> ''x'', d.payload -> ''total_price''
     from core.dead_events as d, quarantined as q where d.receipt_id = q.receipt_id',
  $$values ('redact', 'pii_violation', '23514', 'partner_email, x.0', null::text, '"[redacted]"'::jsonb, '["call [phone]"]'::jsonb, '"100.00"'::jsonb)$$,
  'its redacted payload lies in the queue, and the paths that were found'
);
select is((select count(*) from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id), 0::bigint, 'nothing is booked');

select is((select row(s.status, s.reason)::text from t, pg_temp.send(t.quarantine, 2,
  '{"email": "zebulon@example.com", "phone": "+12125550143", "customer": {"id": 7, "email": "zebulon@example.com"}, "note": "call 212-555-0143"}') as s),
  '(accepted,)', 'personal data at declared paths is dropped and no violation');
select ok(
  (select e.redacted_count > 0 from core.attribution_events as e, t where e.tenant_id = t.tenant_id and e.object_id = '2'), 'and counted'
);

create temp table redacted as
select s.* from t, pg_temp.send(t.redact, 3, '{"partner_email": "zebulon@example.com", "x": ["call 212-555-0143"]}') as s;
select is((select row(status, reason)::text from redacted), '(accepted,)', 'with pii redact it is accepted');
select results_eq(
  'select e.payload -> ''partner_email'', e.payload -> ''x'', e.amount_minor from core.attribution_events as e, redacted as r where e.event_id = r.event_id',
  $$values ('"[redacted]"'::jsonb, '["call [phone]"]'::jsonb, 10000::bigint)$$, 'with markers in place of what was found'
);

create temp table pseudonymised as
select i, s.* from t, (values (1, 'Zebulon@Example.com'), (2, 'zebulon@example.com')) as c (i, mail),
  lateral pg_temp.send(t.pseudonymise, 3 + c.i, jsonb_build_object('partner_email', c.mail, 'x', 'mail ' || c.mail)) as s;
select is((select string_agg(status, ' ') from pseudonymised), 'accepted accepted', 'with pii pseudonymise it is accepted');
select is(
  (select count(*) from core.attribution_events as e, pseudonymised as p
    where e.event_id = p.event_id and e.payload ->> 'partner_email' ~ '^~[0-9a-f]{32}$'
      and e.payload ->> 'x' = 'mail [' || (e.payload ->> 'partner_email') || ']'),
  2::bigint, 'with a pseudonym in place of what was found, by key and by shape alike'
);
select is(
  (select count(distinct e.payload ->> 'partner_email') from core.attribution_events as e, pseudonymised as p where e.event_id = p.event_id),
  1::bigint, 'the same for the same person, however spelled'
);

create temp table ignored as
select s.* from t, pg_temp.send(t.quarantine, 6, '{"partner_email": "zebulon@example.com"}', 'customers/update') as s;
select is((select row(status, reason)::text from ignored), '(ignored,topic)', 'in an ignored topic it is ignored');
select is(
  (select count(*) from core.dead_events as d, ignored as i where d.receipt_id = i.receipt_id), 0::bigint, 'and nothing of the payload is stored'
);

select is((select row(s.status, s.reason)::text from t, tap.stripe(t.tenant_id, t.stripe, tap.stripe_event('payment_intent.succeeded',
  tap.stripe_payment_intent('pi_1', p_more => '{"partner_remark": "4111 1111 1111 1111"}'))) as s), '(dead,pii_violation)',
  'a card number in a Stripe event is found');
select is((select row(s.status, s.reason)::text from t, tap.stripe(t.tenant_id, t.stripe, tap.stripe_event('payment_intent.succeeded',
  tap.stripe_payment_intent('pi_2', p_more => '{"receipt_email": "zebulon@example.com", "metadata": {"email": "zebulon@example.com"}}'))) as s),
  '(accepted,)', 'and mail addresses where Stripe keeps them are no violation');
select is((select row(s.status, s.reason)::text from t, tap.send(t.tenant_id, t.stripe, '{}',
  (tap.stripe_event('payment_intent.succeeded', tap.stripe_payment_intent('pi_3')) || '{"partner_email": "zebulon@example.com"}')::text) as s),
  '(dead,pii_violation)', 'one beside data.object is found too');
select is((select row(s.status, s.reason)::text from t, tap.send(t.tenant_id, t.quarantine, tap.shopify_headers('orders/paid'),
  '{"id": 9, "note": "zebulon@example.com 212-555-0143') as s), '(dead,invalid_json)', 'an unreadable body is masked');

select is((select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id and e::text ~* 'zebulon|555-?0143|4111 ?1111'), 0::bigint,
  'no event holds any of it');
select is((select count(*) from core.dead_events as d, t where d.tenant_id = t.tenant_id and d::text ~* 'zebulon|555-?0143|4111 ?1111'), 0::bigint,
  'no dead letter does');
select is((select count(*) from core.webhook_dedup_events as g, t where g.tenant_id = t.tenant_id and g::text ~* 'zebulon|555-?0143|4111 ?1111'), 0::bigint,
  'the gate does not');

select * from finish();
rollback;

-- A touch joins the order of whatever provider carries the same session, and no one else's.
begin;
select plan(12);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'standard') as standard, tap.endpoint(tenant_id, 'shopify') as shopify,
  tap.endpoint(tenant_id, 'stripe') as stripe
from tap.tenant() as tenant_id;
create temp table other as
select tenant_id, tap.endpoint(tenant_id, 'standard') as standard from tap.tenant('Another tenant') as tenant_id;
create function pg_temp.standard(p_type text, p_data jsonb, out status text, out receipt_id uuid, out event_id uuid, out reason text)
  language sql as $$
  select s.* from t, tap.send(t.tenant_id, t.standard, jsonb_build_object('webhook-id', gen_random_uuid()),
    jsonb_build_object('type', p_type, 'data', '{"occurred_at": "2026-02-28T10:00:00Z"}'::jsonb || p_data)::text) as s
$$;
create function pg_temp.joined(p_provider text, p_object_id text) returns text language sql as $$
  select string_agg(t.object_id, ' ' order by t.object_id)
    from core.attribution_events as s
    join core.attribution_events as t on t.tenant_id = s.tenant_id and t.session_id = s.session_id and t.kind = 'touch'
   where s.provider = p_provider and s.object_id = p_object_id and s.kind = 'sale'
$$;

select is((select s.status from pg_temp.standard('touch.recorded', c.data) as s), 'accepted', c.name)
from (values
  ('{"touch_id": "t1", "session_id": "visit 5d0c9b", "channel": "email"}'::jsonb, 'a touch of a session'),
  ('{"touch_id": "t2", "session_id": " visit 5d0c9b ", "customer_key": "Zebulon@Example.com"}', 'another of the same'),
  ('{"touch_id": "t3", "session_id": "visit other"}', 'one of another'),
  ('{"touch_id": "t4", "customer_key": "115"}', 'and one of a customer')
) as c (data, name);
select is((select s.status from other as o, tap.send(o.tenant_id, o.standard, '{}',
  '{"type": "touch.recorded", "data": {"touch_id": "t5", "session_id": "visit 5d0c9b", "occurred_at": "2026-02-28T10:00:00Z"}}') as s),
  'accepted', 'another tenant has a session of the same name');

select lives_ok($$
  select s.* from t, tap.shopify(t.tenant_id, t.shopify, 'orders/paid', tap.shopify_order(1, p_more =>
    '{"note_attributes": [{"name": "session_id", "value": "visit 5d0c9b"}], "customer": {"id": 115}}')) as s
  union all
  select s.* from t, tap.stripe(t.tenant_id, t.stripe, tap.stripe_event('payment_intent.succeeded',
    tap.stripe_payment_intent('pi_1', p_more => '{"metadata": {"session_id": "visit 5d0c9b"}}'))) as s
  union all
  select s.* from pg_temp.standard('order.paid',
    '{"object_id": "o1", "currency": "EUR", "amount_minor": 100, "session_id": "visit 5d0c9b", "customer_key": "zebulon@example.com"}') as s
$$, 'orders of that session come from three providers');
select is(pg_temp.joined(c.provider, c.object_id), 't1 t2', format('both touches join the order of %s', c.provider))
from (values ('shopify', '1'), ('stripe', 'pi_1'), ('standard', 'o1')) as c (provider, object_id);
select is(
  (select string_agg(concat_ws(' ', o.provider, h.object_id), ', ' order by o.provider)
     from core.attribution_events as o
     join core.attribution_events as h on h.tenant_id = o.tenant_id and h.customer_key = o.customer_key and h.kind = 'touch', t
    where o.tenant_id = t.tenant_id and o.kind = 'sale'),
  'shopify t4, standard t2', 'customers join as well: Shopify''s id as a text, a mail address however spelled'
);
select is(
  (select count(distinct e.session_id) from core.attribution_events as e where e.object_id in ('t1', 't5')), 2::bigint,
  'the other tenant''s session has another pseudonym'
);
select is((select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id and e::text ~* '5d0c9b|zebulon'), 0::bigint,
  'neither session nor customer is kept');

select * from finish();
rollback;

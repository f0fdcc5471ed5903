-- What was scanned in this transaction and found clean is not scanned again; nothing else is believed.
begin;
select plan(11);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify from tap.tenant() as tenant_id;

select is(w.status, 'accepted', 'a clean webhook is accepted')
  from t, tap.shopify(tenant_id, shopify, 'orders/paid', tap.shopify_order(1)) as w;
select ok((select core.is_noted_clean(e.payload::text) from core.attribution_events as e, t where e.tenant_id = t.tenant_id),
  'its payload is noted');
select ok(not (select core.is_noted_clean(e.payload::text || ' ') from core.attribution_events as e, t where e.tenant_id = t.tenant_id),
  'to the letter');
select unalike(current_setting('app.clean_payloads'), '%EUR%', 'by its hash, not by what it says');
create temp table e as select e.* from core.attribution_events as e, t where e.tenant_id = t.tenant_id;

create function pg_temp.copy_with(p_payload jsonb) returns void language sql as $$
  insert into core.attribution_events
  select (jsonb_populate_record(e, jsonb_build_object(
    'event_id', gen_random_uuid(), 'dedup_key', gen_random_uuid(), 'payload', p_payload))).* from e
$$;
select lives_ok($$ select pg_temp.copy_with(payload) from e $$, 'the same text passes');
select throws_ok(
  $$ select pg_temp.copy_with(payload || '{"gift_text": "for jane.roe@example.com"}') from e $$, '23514', null,
  'another one is scanned, and refused where it holds personal data');
select throws_ok(
  $$ select pg_temp.copy_with('{"gift_text": "for jane.roe@example.com"}') $$, '23514', null, 'so is one that has nothing in common');

select is(w.reason, 'pii_violation', 'a webhook with personal data is quarantined')
  from t, tap.shopify(tenant_id, shopify, 'orders/paid',
    tap.shopify_order(2, p_more => '{"gift_text": "for jane.roe@example.com"}')) as w;
select ok(not core.is_noted_clean(d.payload::text), 'and leaves no note') from core.dead_events as d, t where d.tenant_id = t.tenant_id;

-- Many texts
select core.note_clean_text(i::text) is null from generate_series(1, 2000) as i \g /dev/null
select ok(octet_length(current_setting('app.clean_payloads')) < 33000, 'the list is bounded');
select ok(core.is_noted_clean('2000') and not core.is_noted_clean('1'), 'what came first is forgotten');

select * from finish();
rollback;

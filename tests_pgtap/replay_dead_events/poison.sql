-- One row that cannot be replayed never stops the others, and nothing of its attempt stays.
begin;
select plan(20);

create temp table t as select tap.tenant() as tenant_id;
alter table t add standard uuid, add shopify uuid;
update t set standard = tap.endpoint(tenant_id, 'standard'), shopify = tap.endpoint(tenant_id, 'shopify');
create function pg_temp.fail() returns trigger language plpgsql as $$
begin
  raise exception 'no entry for someone@example.com' using errcode = tg_argv[0], detail = 'someone@example.com';
end
$$;
select is((select string_agg(w.status, ' ') from t, generate_series(1, 5) as i,
  tap.standard(tenant_id, standard, 'm-' || i, tap.own_order('o-' || i, '{"currency": "XQA"}')) as w),
  'dead dead dead dead dead', 'five orders are dead');
insert into core.currencies (currency, exponent) values ('XQA', 2);
create trigger poison before insert on core.attribution_events
  for each row when (new.object_id = 'o-1') execute function pg_temp.fail('P0001');
create trigger corrupt before insert on core.attribution_events
  for each row when (new.object_id = 'o-3') execute function pg_temp.fail('XX001');
create trigger locked before insert on core.attribution_events
  for each row when (new.object_id = 'o-4') execute function pg_temp.fail('55P03');

select is((select tap.replay(tenant_id) from t), '5 2 1 2 internal_error',
  'two are replayed, one whose locks are taken is skipped, two fail');
select is((select tap.queue(tenant_id) from t),
  '0 internal_error retrying 2, 0 currency_unknown resolved 2 replayed: accepted, 0 internal_error retrying 2, '
  '0 currency_unknown open 1, 0 currency_unknown resolved 2 replayed: accepted',
  'each for itself, and no row is left in between');
select is((select tap.ledger(tenant_id) from t), 'sale o-2 10000, sale o-5 10000',
  'of those that failed nothing is booked');
select results_eq(
  $$ select d.stage, d.sqlstate, d.message, d.detail from core.dead_events as d join t using (tenant_id)
      where d.status = 'retrying' order by d.sqlstate $$,
  $$ values ('book', 'P0001', 'processing failed unexpectedly', null::text),
      ('book', 'XX001', 'processing failed unexpectedly', null) $$,
  'what failed keeps the SQLSTATE and none of the error''s words');
select is((select count(*) from core.dead_events as d join t using (tenant_id)), 5::bigint,
  'a failed replay makes no second row');
select is((select count(*) from core.dead_events as d join t using (tenant_id)
  where d.status = 'retrying' and d.next_attempt_at > clock_timestamp()), 2::bigint,
  'what may cure itself is due again');
select is((select string_agg(g.outcome, ' ' order by g.first_seen_at) from core.webhook_dedup_events as g
  join t using (tenant_id)), 'failed done failed done done', 'and a redelivery of it would be tried');
select is((select count(*) from core.jobs as j join t using (tenant_id)
  where j.task = 'retry_dead_events' and j.status = 'pending'), 1::bigint, 'one job waits for them');

-- The server's own trouble is raised, and nothing stays.
create trigger full_disk before insert on core.attribution_events
  for each row when (new.object_id = 'o-4') execute function pg_temp.fail('53100');
drop trigger locked on core.attribution_events;
select throws_ok($$ select tap.replay(tenant_id, '{"reason": "currency_unknown"}') from t $$, '53100', null,
  'a full disk is raised, as everywhere');
select is((select count(*) from core.dead_event_attempts as a join t using (tenant_id)), 4::bigint, 'and leaves nothing');
drop trigger full_disk on core.attribution_events;

drop trigger poison on core.attribution_events;
drop trigger corrupt on core.attribution_events;
select is((select tap.replay(tenant_id) from t), '3 3 0 0', 'when the causes are gone all are replayed');
select is((select string_agg(concat_ws(' ', g.outcome, g.status, g.reason), ', ') from core.webhook_dedup_events as g
  join t using (tenant_id)), 'done accepted, done accepted, done accepted, done accepted, done accepted',
  'and every receipt says so');

-- A guard that fires is a defect, not personal data; the row stays.
select is((select w.reason from t, tap.shopify(tenant_id, shopify, 'orders/paid', tap.shopify_order(1, p_currency => 'XQB')) as w),
  'currency_unknown', 'another order');
insert into core.currencies (currency, exponent) values ('XQB', 2);
create or replace function core.normalize_shopify(p_headers jsonb, p_payload jsonb, p_settings jsonb default '{}')
  returns core.canonical_event[] language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v core.canonical_event;
begin
  v.provider := 'shopify';
  v.event_type := 'orders/paid';
  v.kind := 'none';
  v.object_id := '1';
  v.dedup_key := 'x';
  v.occurred_at := now();
  v.payload := '{"email": "someone@example.com"}';
  return array[v];
end
$$;
select is((select tap.replay(tenant_id) from t), '1 0 0 1 pii_violation', 'a normaliser that lets personal data through');
select is((select d.sqlstate from core.dead_events as d join t using (tenant_id) where d.provider = 'shopify'), '23514',
  'is stopped by the guard');
create or replace function core.normalize_shopify(p_headers jsonb, p_payload jsonb, p_settings jsonb default '{}')
  returns core.canonical_event[] language sql stable set search_path = pg_catalog, pg_temp as $$
  select array[]::core.canonical_event[]
$$;
select is((select tap.replay(tenant_id) from t), '1 1 0 0', 'a delivery that tells nothing any more');
select is((select d.resolution_note from core.dead_events as d join t using (tenant_id) where d.provider = 'shopify'),
  'replayed: accepted', 'is resolved');
create or replace function core.normalize_shopify(p_headers jsonb, p_payload jsonb, p_settings jsonb default '{}')
  returns core.canonical_event[] language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return array[1 / 0];
end
$$;
select is((select w.reason from t, tap.shopify(tenant_id, shopify, 'orders/paid', tap.shopify_order(2)) as w),
  'internal_error', 'a normaliser that breaks');
select is((select tap.replay(tenant_id) from t), '1 0 0 1 internal_error', 'breaks the replay of its own row only');

select * from finish();
rollback;

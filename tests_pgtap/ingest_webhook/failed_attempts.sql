-- An attempt that ended in an error which a repetition may cure is claimed again by its redelivery.
begin;
select plan(24);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as endpoint_id from tap.tenant() as tenant_id;
create function pg_temp.send(out status text, out receipt_id uuid, out event_id uuid, out reason text)
  language sql as $$
  select s.* from t, tap.shopify(t.tenant_id, t.endpoint_id, 'orders/paid', tap.shopify_order(4242), '{"x-shopify-event-id": "e-1"}') as s
$$;
create function pg_temp.fail() returns trigger language plpgsql as $$
begin
  raise exception 'no entry for someone@example.com' using errcode = 'P0001', detail = 'someone@example.com';
end
$$;
create trigger fail_one_object before insert on core.revenue_ledger
  for each row when (new.object_id = '4242') execute function pg_temp.fail();

create temp table first as select * from pg_temp.send();
select is((select row(status, reason, event_id)::text from first), '(dead,internal_error,)',
  'an unexpected error makes the delivery dead');
select results_eq(
  'select d.stage, d.reason, d.sqlstate, d.message, d.detail, d.position, d.attempts, d.status from core.dead_events as d, t
    where d.tenant_id = t.tenant_id',
  $$values ('book', 'internal_error', 'P0001', 'processing failed unexpectedly', null::text, 1, 1, 'retrying')$$,
  'it lies in the queue with its SQLSTATE, and without the error''s own words'
);
select is((select g.outcome from core.webhook_dedup_events as g, t where g.tenant_id = t.tenant_id), 'failed',
  'the gate keeps it open');
select is((select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id), 0::bigint, 'there is no event');
select is((select count(*) from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id), 0::bigint, 'and no entry');

create temp table second as select * from pg_temp.send();
select is((select row(status, reason, receipt_id)::text from second), (select row('dead', 'internal_error', receipt_id)::text from first),
  'a redelivery tries again and may fail again, under the same receipt');
select results_eq(
  'select d.attempts, d.status from core.dead_events as d, t where d.tenant_id = t.tenant_id',
  $$values (2, 'retrying')$$, 'still one row, with two attempts'
);

drop trigger fail_one_object on core.revenue_ledger;
create temp table third as select * from pg_temp.send();
select is((select row(status, reason)::text from third), '(accepted,)', 'when the cause is gone the redelivery is accepted');
select is((select receipt_id from third), (select receipt_id from first), 'under the same receipt');
select results_eq(
  'select d.status, d.resolution_note, d.resolved_by = session_user, d.resolved_at is not null from core.dead_events as d, t
    where d.tenant_id = t.tenant_id',
  $$values ('resolved', 'redelivered', true, true)$$, 'the row in the queue is resolved'
);
select results_eq(
  'select g.outcome, g.status, g.event_id, g.reason, g.seen_count from core.webhook_dedup_events as g, t
    where g.tenant_id = t.tenant_id',
  $$select 'done', 'accepted', event_id, null::text, 3 from third$$, 'the gate is done'
);
select is((select sum(l.amount_minor) from core.revenue_ledger as l, t where l.tenant_id = t.tenant_id), 10000::numeric,
  'the sale is booked');
select is(
  (select count(*) from core.attribution_events as e, t, third as x where e.tenant_id = t.tenant_id and e.event_id = x.event_id),
  1::bigint, 'and its event is the one that the receipt names'
);

create temp table fourth as select * from pg_temp.send();
select is((select row(status, receipt_id, event_id)::text from fourth), (select row('duplicate', receipt_id, event_id)::text from third),
  'from then on it is a duplicate');

-- The same for an error while reading: here a table that the reading needs is away for a moment.
alter table core.currencies rename to currencies_away;
create temp table unread as
select s.* from t, tap.shopify(t.tenant_id, t.endpoint_id, 'orders/paid', tap.shopify_order(5, '100.00', 'NOK'), '{"x-shopify-event-id": "e-2"}') as s;
alter table core.currencies_away rename to currencies;
select is((select row(status, reason)::text from unread), '(dead,internal_error)', 'an unexpected error while reading is dead as well');
create temp table read_again as
select s.* from t, tap.shopify(t.tenant_id, t.endpoint_id, 'orders/paid', tap.shopify_order(5, '100.00', 'NOK'), '{"x-shopify-event-id": "e-2"}') as s;
select is((select row(status, receipt_id)::text from read_again), (select row('accepted', receipt_id)::text from unread),
  'and cured by a redelivery under the same receipt');
select is(
  (select d.status from core.dead_events as d, unread as u where d.receipt_id = u.receipt_id), 'resolved',
  'which resolves its row too'
);
select isnt((select event_id from read_again), null, 'and its receipt names the event');
select is(
  (select g.event_id from core.webhook_dedup_events as g, read_again as r where g.receipt_id = r.receipt_id),
  (select event_id from read_again), 'as the gate does'
);

-- Of two events one fails: the receipt names the other, and the redelivery makes good what is missing.
create temp table own as select tap.endpoint(tenant_id, 'standard') as endpoint_id from t;
create function pg_temp.send_batch(out status text, out receipt_id uuid, out event_id uuid, out reason text) language sql as $$
  select s.* from t, own as o, tap.send(t.tenant_id, o.endpoint_id, '{"webhook-id": "m-1"}', jsonb_build_object('type', 'touch.batch',
    'data', jsonb_build_object('touches', (select jsonb_agg(jsonb_build_object('touch_id', i.id, 'occurred_at', '2026-03-01T10:00:00Z', 'session_id', 's'))
      from (values ('a'), ('b')) as i (id))))::text) as s
$$;
create function pg_temp.named(p_event_id uuid) returns text language sql as $$
  select e.object_id from core.attribution_events as e join t using (tenant_id) where e.event_id = p_event_id
$$;
create trigger fail_one_touch before insert on core.attribution_events
  for each row when (new.object_id = 'a') execute function pg_temp.fail();
create temp table half as select * from pg_temp.send_batch();
select is((select concat_ws(' ', status, reason, pg_temp.named(event_id)) from half), 'accepted internal_error b', 'half of a batch fails');
drop trigger fail_one_touch on core.attribution_events;
create temp table whole as select * from pg_temp.send_batch();
select is((select concat_ws(' ', status, reason, pg_temp.named(event_id)) from whole), 'accepted a', 'its redelivery records that half');
select is((select receipt_id from whole), (select receipt_id from half), 'under the same receipt');
select is((select string_agg(d.status, ' ') from core.dead_events as d, half as h where d.receipt_id = h.receipt_id), 'resolved',
  'and nothing waits in the queue any more');
select is((select row(status, event_id)::text from pg_temp.send_batch()), (select row('duplicate', event_id)::text from whole),
  'then it is done');

select * from finish();
rollback;

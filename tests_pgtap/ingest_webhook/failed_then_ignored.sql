-- A delivery whose attempt failed comes again under a topic that is ignored: then it is.
begin;
select plan(6);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'woocommerce') as endpoint_id from tap.tenant() as tenant_id;
create function pg_temp.send(p_topic text) returns text language sql as $$
  select concat_ws(' ', s.status, s.reason)
    from t, tap.send(t.tenant_id, t.endpoint_id, tap.woocommerce_headers(p_topic, '{"x-wc-webhook-delivery-id": "d1"}'),
      tap.woocommerce_order(7)::text) as s
$$;
create function pg_temp.fail() returns trigger language plpgsql as $$
begin
  raise exception 'no' using errcode = 'P0001';
end
$$;
create trigger fail before insert on core.attribution_events for each row execute function pg_temp.fail();
select is(pg_temp.send('order.updated'), 'dead internal_error', 'an order cannot be stored');
drop trigger fail on core.attribution_events;
select is(pg_temp.send('order.deleted'), 'ignored topic', 'the same delivery, now of an ignored topic, is ignored');
select is((select row(g.outcome, g.status, g.reason, g.event_id)::text from core.webhook_dedup_events as g, t where g.tenant_id = t.tenant_id),
  '(done,ignored,topic,)', 'so says the gate');
select is((select d.status from core.dead_events as d, t where d.tenant_id = t.tenant_id), 'resolved', 'its dead letter is resolved');
select is(pg_temp.send('order.updated'), 'duplicate topic', 'and it is done');
select is((select count(*) from core.attribution_events as e, t where e.tenant_id = t.tenant_id), 0::bigint, 'without an event');

select * from finish();
rollback;

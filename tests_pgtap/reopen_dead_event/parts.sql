-- Of a batch each part is discarded and re-opened by itself, and the gate follows.
begin;
select plan(10);

create temp table t as select tap.tenant() as tenant_id;
alter table t add endpoint_id uuid;
update t set endpoint_id = tap.endpoint(tenant_id, 'standard');
create function pg_temp.fail() returns trigger language plpgsql as $$
begin
  raise exception 'no';
end
$$;
create trigger poison before insert on core.attribution_events
  for each row when (new.object_id in ('a', 'b')) execute function pg_temp.fail();
create function pg_temp.send() returns text language sql volatile as $$
  select concat_ws(' ', w.status, w.reason) from t, tap.standard(tenant_id, endpoint_id, 'm-1', jsonb_build_object('type', 'touch.batch', 'data',
    jsonb_build_object('touches', (select jsonb_agg(jsonb_build_object('touch_id', i.id, 'occurred_at', '2026-03-01T10:00:00Z', 'session_id', 's'))
      from (values ('a'), ('b'), ('c')) as i (id))))) as w
$$;
create function pg_temp.gate() returns text language sql volatile as $$
  select tap.gate(t.tenant_id, g.receipt_id) from t join core.webhook_dedup_events as g using (tenant_id)
$$;
select is(pg_temp.send(), 'accepted internal_error', 'two touches of three fail');
select api.discard_dead_event(tenant_id, d.dead_event_id, 'a bot') from t join core.dead_events as d using (tenant_id) where d.position = 1;
select is(pg_temp.gate(), 'failed accepted internal_error with event', 'one is discarded: a redelivery is still tried for the other');
select is(pg_temp.send(), 'duplicate already_known', 'the good touch is known by then, the bad one fails again');
select is((select tap.queue(tenant_id) from t), '1 internal_error discarded 1 a bot, 2 internal_error retrying 2',
  'and what a person discarded stays so');
select api.discard_dead_event(tenant_id, d.dead_event_id, 'a bot') from t join core.dead_events as d using (tenant_id) where d.position = 2;
select is(pg_temp.gate(), 'done duplicate already_known with event', 'when both are discarded the delivery is done');
select is(pg_temp.send(), 'duplicate already_known', 'a redelivery is a duplicate');
select api.reopen_dead_event(tenant_id, d.dead_event_id, 'no bot') from t join core.dead_events as d using (tenant_id) where d.position = 2;
select is(pg_temp.gate(), 'failed duplicate internal_error with event', 're-opened, it is tried again');
drop trigger poison on core.attribution_events;
select is(pg_temp.send(), 'accepted', 'by the redelivery');
select is((select tap.queue(tenant_id) from t), '1 internal_error discarded 1 a bot, 2 internal_error resolved 2 redelivered', 'which resolves it');
select is((select string_agg(e.object_id, ' ' order by e.object_id) from core.attribution_events as e join t using (tenant_id)), 'b c',
  'the discarded touch is no event');

select * from finish();
rollback;

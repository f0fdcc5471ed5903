-- Both sides of isolation, for every view: a DBA sees the tenant that is set, a reporting login the
-- tenant it is bound to, whatever it sets. The views come from the catalogue.
begin;
select no_plan();

create temp table ids (who text, tenant_id uuid, shopify uuid);
insert into ids select who, tap.tenant(who), null from unnest(array['ours', 'theirs']) as who;
update ids set shopify = tap.endpoint(tenant_id, 'shopify');
create temp table sent as
  select i.who, w.* from ids as i,
    tap.shopify(tenant_id, shopify, 'orders/paid', tap.shopify_order(1)) as w
   union all
  select i.who, w.* from ids as i,
    tap.send(tenant_id, shopify, tap.shopify_headers('orders/paid'), '[]') as w;
insert into core.jobs (tenant_id, job_id, queue, task, key, lane, run_at, created_at)
  select tenant_id, core.uuid_v7(), 'maintenance', 'a_task', 'a key', core.uuid_v7(), now(), now()
    from ids;
insert into core.worker_failed_jobs (
    tenant_id, failed_job_id, job_id, queue, task, key, args, attempts, sqlstate, message,
    first_failed_at, last_failed_at)
  select tenant_id, core.uuid_v7(), core.uuid_v7(), 'maintenance', 'a_task', 'a key', '{}', 1,
    'HL199', 'a message', now(), now()
    from ids;
select results_eq(
  $$ select distinct r.missing_there from ids, tap.reconcile(tenant_id, 'shopify', '{}') as r $$,
  array[1], 'each tenant has a reconciliation with an item');
select api.set_channel_rule(tenant_id, 'a_rule', 'email', '{"source": "a"}') from ids;
select tap.create_login('bound_reader', '{hookledger_reader}');
select tap.create_login('unbound_reader', '{hookledger_reader}');
select tap.create_login('reader_and_dba', '{hookledger_reader}');
select api.bind_reader(tenant_id, role_name)
  from ids, unnest(array['bound_reader', 'reader_and_dba']) as role_name
 where who = 'ours';
grant hookledger_dba to reader_and_dba;

create temp table views as
  select c.oid::regclass as name, c.relname from pg_class as c
   where c.relnamespace = 'api'::regnamespace and c.relkind in ('v', 'm');
create temp table rows_of (who text, name regclass, content jsonb);
grant select on ids, sent, views to public;
grant select, insert, delete on rows_of to public;

-- All rows of all views, as whoever asks may see them.
create function pg_temp.visible() returns table (name regclass, content jsonb)
  language plpgsql as $$
begin
  for name in select v.name from views as v loop
    return query execute format('select %L::regclass, to_jsonb(v) from %s as v', name, name);
  end loop;
end
$$;

select cmp_ok((select count(*) from views), '>=', 3::bigint, 'the sweep sees the views');

-- A DBA
set local session authorization hookledger_dba;
select tap.set_tenant(tenant_id) from ids where who = 'theirs';
insert into rows_of select 'theirs', v.* from pg_temp.visible() as v;
select tap.set_tenant(tenant_id) from ids where who = 'ours';
insert into rows_of select 'ours', v.* from pg_temp.visible() as v;

select is_empty(
  $$ select v.name, i.who from views as v, ids as i
      where not exists (select from rows_of as r where r.name = v.name and r.who = i.who) $$,
  'in each tenant''s context every view has rows');
select is_empty(
  $$ select name, content from rows_of where who = 'ours'
     intersect
     select name, content from rows_of where who = 'theirs' $$,
  'no view shows one row to two tenants');
select set_eq(
  $$ select event_id from api.events $$,
  $$ select event_id from sent where who = 'ours' and status = 'accepted' $$,
  'api.events shows a DBA exactly the events of the tenant that is set');
select set_eq(
  $$ select event_id from api.revenue $$,
  $$ select event_id from sent where who = 'ours' and status = 'accepted' $$,
  'api.revenue shows a DBA exactly the entries of the tenant that is set');
select set_eq(
  $$ select receipt_id from api.dead_events $$,
  $$ select receipt_id from sent where who = 'ours' and status = 'dead' $$,
  'api.dead_events shows a DBA exactly the dead letters of the tenant that is set');
select tap.set_tenant(gen_random_uuid());
select is_empty('select * from pg_temp.visible()',
  'with an unknown tenant a DBA sees nothing in any view');
select tap.clear_tenant();
select is_empty('select * from pg_temp.visible()',
  'without a tenant a DBA sees nothing in any view');

-- A reporting login that is bound
set local session authorization bound_reader;
select set_eq(
  'select * from pg_temp.visible()', $$ select name, content from rows_of where who = 'ours' $$,
  'a bound reader sees its tenant in every view, without setting anything');
select tap.set_tenant(tenant_id) from ids where who = 'theirs';
select set_eq(
  'select * from pg_temp.visible()', $$ select name, content from rows_of where who = 'ours' $$,
  'setting another tenant by hand changes nothing for a bound reader');
set local role hookledger_reader;
select set_eq(
  'select * from pg_temp.visible()', $$ select name, content from rows_of where who = 'ours' $$,
  'nor does becoming the group of readers');
set local role none;
select throws_ok(
  'set local role hookledger_dba', '42501', null, 'a bound reader cannot become a DBA');
select throws_ok(
  'set local role hookledger_owner', '42501', null, 'a bound reader cannot become the owner');

-- What a reader defines itself is not used: neither its functions nor its operators, nor may a
-- cheap function of its own look at rows before they are filtered.
create function pg_temp.current_tenant() returns uuid
  language sql as 'select tenant_id from ids where who = ''theirs''';
create function pg_temp.leak(p_content jsonb) returns boolean language plpgsql cost 0.0000001 as $$
begin
  insert into rows_of values ('leaked', null, p_content);
  return true;
end
$$;
set local search_path = pg_temp, tap, public;
select set_eq(
  'select * from pg_temp.visible()', $$ select name, content from rows_of where who = 'ours' $$,
  'a function of the reader''s own does not stand in for core.current_tenant()');
set local search_path = tap, public;
select is(
  (select count(*) from api.events where pg_temp.leak(payload)), 1::bigint,
  'a function of the reader''s own may filter what the reader sees');
select is(
  (select count(*) from rows_of where who = 'leaked'), 1::bigint,
  'and is handed no row of another tenant');

-- One that is not
set local session authorization unbound_reader;
select tap.clear_tenant();
select is_empty('select * from pg_temp.visible()', 'an unbound reader sees nothing in any view');
select tap.set_tenant(tenant_id) from ids where who = 'theirs';
select is_empty('select * from pg_temp.visible()',
  'an unbound reader sees nothing even with a tenant set');

-- Somebody who is a DBA as well has a DBA's view.
set local session authorization reader_and_dba;
select set_eq(
  'select * from pg_temp.visible()', $$ select name, content from rows_of where who = 'theirs' $$,
  'a reader who was made a DBA sees the tenant that is set');

set local session authorization default;
select * from finish();
rollback;

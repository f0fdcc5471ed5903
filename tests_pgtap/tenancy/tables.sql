-- Both sides of isolation, for every table that carries tenant_id: within a tenant's context its
-- own rows are there and can be written, those of another tenant are not there and cannot be;
-- without a context there is nothing. The tables come from the catalogue: a new one fails here
-- until it is filled below.
begin;
select no_plan();

create temp table ids (who text, tenant_id uuid, shopify uuid);
insert into ids select who, tap.tenant(who), null from unnest(array['ours', 'theirs']) as who;
update ids set shopify = tap.endpoint(tenant_id, 'shopify');
select tap.create_login('reader_of_ours', '{hookledger_reader}');
select tap.create_login('reader_of_theirs', '{hookledger_reader}');
select lives_ok(
  $$ select api.bind_reader(tenant_id, 'reader_of_' || who) from ids $$,
  'each tenant has a reader');
select results_eq(
  $$ select distinct w.status from ids,
    tap.shopify(tenant_id, shopify, 'orders/paid', tap.shopify_order(1)) as w $$,
  array['accepted'], 'each tenant has an event and a ledger entry');
select results_eq(
  $$ select distinct w.status from ids,
    tap.send(tenant_id, shopify, tap.shopify_headers('orders/paid'), '[]') as w $$,
  array['dead'], 'each tenant has a dead letter');

insert into core.delivery_proofs
  select tenant_id, shopify, 'proof', sha256('body'), core.uuid_v7() from ids;
select results_eq(
  $$ select distinct r.missing_there from ids, tap.reconcile(tenant_id, 'shopify', '{}') as r $$,
  array[1], 'each tenant has a reconciliation with an item');

insert into core.channel_rules (
    tenant_id, rule_name, version, priority, channel_code, sources, valid_from, changed_by)
  select tenant_id, 'a_rule', 1, 1, 'email', '{a}', now(), 'a login' from ids;

insert into core.jobs (tenant_id, job_id, queue, task, key, lane, run_at, created_at)
  select tenant_id, core.uuid_v7(), 'maintenance', 'a_task', 'a key', core.uuid_v7(), now(), now()
    from ids;
insert into core.worker_failed_jobs (
    tenant_id, failed_job_id, job_id, queue, task, key, args, attempts, sqlstate, message,
    first_failed_at, last_failed_at)
  select tenant_id, core.uuid_v7(), core.uuid_v7(), 'maintenance', 'a_task', 'a key', '{}', 1,
    'HL199', 'a message', now(), now()
    from ids;

create temp table tables as
  select c.oid::regclass as name,
    has_table_privilege('hookledger_owner', c.oid, 'update') as is_mutable
    from pg_class as c
    join pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
   where c.relnamespace = 'core'::regnamespace and c.relkind in ('r', 'p');
grant select on ids, tables to public;

-- What a table holds of each tenant, as the role that asks may see it.
create function pg_temp.visible()
  returns table (name regclass, ours bigint, theirs bigint, others bigint)
  language plpgsql as $$
begin
  for name in select t.name from tables as t order by t.name::text loop
    execute format(
      'select count(*) filter (where i.who = ''ours''), count(*) filter (where i.who = ''theirs''),
              count(*) filter (where i.who is null)
         from %s as t left join ids as i using (tenant_id)', name)
      into ours, theirs, others;
    return next;
  end loop;
end
$$;

-- The rows of the other tenant, to be written where they do not belong.
do $$
declare
  v_name regclass;
begin
  for v_name in select t.name from tables as t loop
    execute format(
      'create temp table %I as
         select t.* from %s as t join ids as i using (tenant_id) where i.who = ''theirs''',
      'theirs_' || v_name, v_name);
    execute format('grant select on %I to public', 'theirs_' || v_name);
  end loop;
end
$$;

select cmp_ok((select count(*) from tables), '>=', 7::bigint, 'the sweep sees the tenant tables');
select is_empty(
  $$ select * from pg_temp.visible() where ours = 0 or theirs = 0 $$,
  'every tenant table is filled for both tenants');

select tap.act_as('hookledger_owner');
select is(current_user::text, 'hookledger_owner',
  'what follows runs as the owner, as Hookledger''s functions do');

-- Reading
select tap.set_tenant(tenant_id) from ids where who = 'ours';
select is_empty(
  $$ select * from pg_temp.visible() where ours = 0 $$,
  'in its context a tenant''s own rows are seen, in every table');
select is_empty(
  $$ select * from pg_temp.visible() where theirs > 0 or others > 0 $$,
  'in its context no other tenant''s row is seen, in any table');
select tap.set_tenant(gen_random_uuid());
select is_empty(
  $$ select * from pg_temp.visible() where ours + theirs + others > 0 $$,
  'an unknown tenant sees nothing');
select tap.clear_tenant();
select is_empty(
  $$ select * from pg_temp.visible() where ours + theirs + others > 0 $$,
  'without a tenant nothing is seen');
select tap.set_tenant(tenant_id) from ids where who = 'ours';

-- Writing. A row of the other tenant gets past the policy only in that tenant's context, where it
-- then meets itself (23505): so what refuses it elsewhere is the policy.
select throws_ok(
  format('insert into %s select * from %I', name, 'theirs_' || name), '42501',
  format('new row violates row-level security policy for table "%s"', relname),
  format('%s: no row can be written for another tenant', relname))
  from tables join pg_class on oid = name order by relname;
select tap.clear_tenant();
select throws_ok(
  format('insert into %s select * from %I', name, 'theirs_' || name), '42501',
  format('new row violates row-level security policy for table "%s"', relname),
  format('%s: no row can be written without a tenant', relname))
  from tables join pg_class on oid = name order by relname;
select tap.set_tenant(tenant_id) from ids where who = 'theirs';
select throws_ok(
  format('insert into %s select * from %I', name, 'theirs_' || name), '23505', null,
  format('%s: a row passes in the context of its tenant', relname))
  from tables join pg_class on oid = name order by relname;
select tap.set_tenant(tenant_id) from ids where who = 'ours';

select throws_ok(
  format('update %s set tenant_id = (select tenant_id from ids where who = ''theirs'')', name),
  '42501',
  format('new row violates row-level security policy for table "%s"', relname),
  format('%s: no row can be given to another tenant', relname))
  from tables join pg_class on oid = name where is_mutable order by relname;
select is_empty(
  format('update %s set tenant_id = tenant_id
      where tenant_id in (select tenant_id from ids where who = ''theirs'') returning 1', name),
  format('%s: no row of another tenant can be changed', relname))
  from tables join pg_class on oid = name where is_mutable order by relname;
select is_empty(
  format('delete from %s
      where tenant_id in (select tenant_id from ids where who = ''theirs'') returning 1', name),
  format('%s: no row of another tenant can be removed', relname))
  from tables join pg_class on oid = name where is_mutable order by relname;
select throws_ok(
  format('%s %s', command, name), '42501', format('permission denied for table %s', relname),
  format('%s: the owner has no right to %s', relname, lower(command)))
  from tables join pg_class on oid = name
 cross join unnest(array['delete from', 'truncate']) as command
 where not is_mutable order by relname, command;

select tap.act_as_migrator();
select is_empty(
  $$ select * from pg_temp.visible() where ours = 0 or theirs = 0 $$,
  'after all that both tenants have their rows');

select * from finish();
rollback;

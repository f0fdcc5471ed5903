-- Events and ledger entries cannot be changed or removed: grants refuse the owner, a trigger all.
begin;
select no_plan();

create temp table ids as select tap.tenant() as tenant_id;
alter table ids add shopify uuid;
update ids set shopify = tap.endpoint(tenant_id, 'shopify');
select is(w.status, 'accepted', 'there is an event and a ledger entry')
  from ids, tap.shopify(tenant_id, shopify, 'orders/paid', tap.shopify_order(1)) as w;

select tap.spend_on_llm(tenant_id) from ids;

create temp table immutable (name, number_column) as values
  ('attribution_events', 'amount_minor'), ('revenue_ledger', 'amount_minor'),
  ('llm_call_audit', 'estimated_micros'), ('llm_call_outcomes', 'settled_micros');
create temp table before_all as
  select to_jsonb(e) as content from core.attribution_events as e
   union all
  select to_jsonb(l) from core.revenue_ledger as l
   union all
  select to_jsonb(a) from core.llm_call_audit as a
   union all
  select to_jsonb(o) from core.llm_call_outcomes as o;

create temp view attempts as
  select i.name, c.what, format(c.command, i.name, i.number_column) as command
    from immutable as i
   cross join (values
      ('an update', 'update core.%1$I set %2$I = %2$I + 1'),
      ('an update that matches no row', 'update core.%1$I set %2$I = %2$I + 1 where false'),
      ('a delete', 'delete from core.%1$I'),
      ('a truncate', 'truncate core.%1$I'),
      ('a truncate with what depends on it', 'truncate core.%1$I cascade'),
      ('an insert that would update',
        'insert into core.%1$I select * from core.%1$I
          on conflict on constraint %1$s_pkey do update set %2$I = 1')
    ) as c (what, command);
grant select on attempts to public;

select ok(rolsuper, 'what follows runs as a superuser') from pg_roles where rolname = current_user;
select throws_ok(
  command, 'HL007', 'events and ledger entries are immutable',
  format('%s refuses a superuser %s', name, what))
  from attempts order by name, what;

select tap.set_tenant(tenant_id) from ids;
select tap.act_as('hookledger_owner');
select throws_ok(
  command, '42501', 'permission denied for table ' || name,
  format('%s refuses its owner %s', name, what))
  from attempts order by name, what;
select tap.act_as_migrator();

select set_eq(
  $$ select to_jsonb(e) as content from core.attribution_events as e
      union all
     select to_jsonb(l) from core.revenue_ledger as l
      union all
     select to_jsonb(a) from core.llm_call_audit as a
      union all
     select to_jsonb(o) from core.llm_call_outcomes as o $$,
  'select content from before_all', 'nothing was changed');

select * from finish();
rollback;

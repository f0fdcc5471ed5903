-- A tenant is a name, an id and a key of its own for pseudonyms.
begin;
select plan(12);

create temp table made as
select n.name, api.create_tenant(n.name) as tenant_id from (values ('Acme'), ('Zoë & Söhne'), ('Acme')) as n (name);

select is((select count(distinct tenant_id) from made), 3::bigint, 'each call makes a tenant, also under a name that is taken');
select is_empty('select tenant_id from made where substr(tenant_id::text, 15, 1) <> ''7''', 'ids are UUIDs of version 7');
select results_eq(
  'select t.name from core.tenants as t join made as m using (tenant_id) order by t.name collate "C"',
  $$values ('Acme'), ('Acme'), ('Zoë & Söhne')$$, 'names are kept as given'
);
select is(
  (select count(distinct t.hmac_inner_pad) from core.tenants as t join made as m using (tenant_id)), 3::bigint,
  'each tenant has a key of its own'
);
select is_empty(
  'select t.tenant_id from core.tenants as t join made as m using (tenant_id)
    where exists (select from generate_series(0, 63) as i
      where get_byte(t.hmac_inner_pad, i) # 54 <> get_byte(t.hmac_outer_pad, i) # 92)',
  'the two pads are of one key'
);
select ok(
  (select bool_and(abs(extract(epoch from clock_timestamp() - t.created_at)) < 60) from core.tenants as t join made as m using (tenant_id)),
  'it is known since when'
);
select is(current_setting('app.current_tenant_id'), (select tenant_id::text from made offset 2 limit 1), 'the last one is the transaction''s tenant');

select throws_ok('select api.create_tenant(null)', '23502', null, 'a tenant without name is refused');
select throws_ok('select api.create_tenant('''')', '23514', null, 'an empty name is refused');
select throws_ok('select api.create_tenant(''   '')', '23514', null, 'blanks are no name');
select throws_ok('select api.create_tenant(repeat(''a'', 201))', '23514', null, 'a name of 201 characters is refused');
select lives_ok('select api.create_tenant(repeat(''a'', 200))', 'one of 200 is not');

select * from finish();
rollback;

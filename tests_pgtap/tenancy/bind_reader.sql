-- api.bind_reader: which logins it takes, which it refuses.
begin;
select plan(16);

create temp table ids (who text, tenant_id uuid);
insert into ids select who, tap.tenant(who) from unnest(array['ours', 'theirs']) as who;
grant select on ids to public;

create role group_of_readers nologin in role hookledger_reader;
create role reader_without_login nologin in role hookledger_reader;
create role superuser_reader login superuser in role hookledger_reader;
select tap.create_login('reader', '{hookledger_reader}');
select tap.create_login('reader_by_group', '{group_of_readers}');
select tap.create_login('no_reader');
select tap.create_login('reader_and_dba', '{hookledger_reader, hookledger_dba}');
select tap.create_login('reader_and_owner', '{hookledger_reader, hookledger_owner}');
select tap.create_login('reader_and_operator', '{hookledger_reader, hookledger_operator}');

create function pg_temp.bind(p_who text, p_role_name text) returns void language sql as $$
  select api.bind_reader(tenant_id, p_role_name) from ids where who = p_who
$$;

set local session authorization hookledger_dba;
select lives_ok($$ select pg_temp.bind('ours', 'reader') $$,
  'a login of the group of readers is bound');
select lives_ok($$ select pg_temp.bind('ours', 'reader') $$,
  'binding it again to the same tenant changes nothing');
select lives_ok($$ select pg_temp.bind('ours', 'reader_by_group') $$,
  'a login that reads by way of another group is bound');

select throws_ok(
  $$ select api.bind_reader(gen_random_uuid(), 'reader') $$, 'HL002', 'no such tenant',
  'an unknown tenant is refused');
select throws_ok(
  $$ select api.bind_reader(null, 'reader') $$, 'HL002', 'no such tenant',
  'no tenant at all is refused');
select throws_ok(
  $$ select pg_temp.bind('theirs', 'reader') $$, 'HL006',
  'this role cannot be bound to this tenant',
  'a login that is bound to another tenant is refused');
select throws_ok(
  format('select pg_temp.bind(%L, %L)', 'ours', role_name), 'HL006',
  'this role cannot be bound to this tenant',
  why || ' is refused')
  from (values
    (1, 'nobody_of_this_name', 'a login that does not exist'),
    (2, null, 'no login at all'),
    (3, 'superuser_reader', 'a superuser, who is not bound by anything,'),
    (4, 'reader_without_login', 'a role that cannot log in'),
    (5, 'no_reader', 'a login that is no reader'),
    (6, 'reader_and_dba', 'a reader who is a DBA as well'),
    (7, 'reader_and_owner', 'a reader who can become the owner'),
    (8, 'reader_and_operator', 'a reader who can become the operator')
  ) as refused (position, role_name, why)
 order by position;
set local session authorization default;

select set_eq(
  $$ select l.role_name::text, i.who from core.tenant_logins as l
    join ids as i using (tenant_id) $$,
  $$ values ('reader', 'ours'), ('reader_by_group', 'ours') $$,
  'each login is bound once, and a refused one not at all');

-- Two bindings of one login cannot come about; if they did, neither would count.
insert into core.tenant_logins (tenant_id, role_name)
select tenant_id, 'reader' from ids where who = 'theirs';
set local session authorization reader;
select is_empty('select * from api.events', 'a login bound twice by force sees nothing');
set local session authorization default;

select * from finish();
rollback;

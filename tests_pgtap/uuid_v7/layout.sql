-- RFC 9562: 48 bits of Unix milliseconds, version 7, variant 10; later ones sort later.
begin;
select plan(6);

create temp table ids as
select i, core.uuid_v7() as id from generate_series(1, 1000) as i;

select is((select count(distinct id) from ids), 1000::bigint, 'a thousand are all different');
select is_empty('select id from ids where substr(id::text, 15, 1) <> ''7''', 'the version is 7');
select is_empty('select id from ids where substr(id::text, 20, 1) !~ ''[89ab]''', 'the variant is that of RFC 9562');
select is_empty(
  $$select id from ids
     where abs(('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint
       - extract(epoch from clock_timestamp()) * 1000) > 60000$$,
  'the first 48 bits are the Unix time in milliseconds'
);
create temp table pairs as select core.uuid_v7() as first, pg_sleep(0.00001) is null as pause, core.uuid_v7() as second from generate_series(1, 50);
select is((select count(*) from pairs where second <= first), 0::bigint, 'one made microseconds later sorts later');

create temp table later as
select core.uuid_v7() as id from (select pg_sleep(0.003)) as s;
select ok(
  (select bool_and(l.id > i.id) from later as l, ids as i), 'one made three milliseconds later sorts later'
);

select * from finish();
rollback;

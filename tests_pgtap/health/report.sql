-- What a program must know before it works with this database.
begin;
select plan(9);

create temp table h as select api.health() as health;

select is(
  (select array_agg(k order by k collate "C") from h, jsonb_object_keys(health) as k),
  array['llm_circuits_open', 'now', 'revision', 'server_version', 'sql_digest', 'status'],
  'six members'
);
select is((select health ->> 'status' from h), 'ok', 'the status is ok');
select is((select health ->> 'revision' from h), (select version_num from core.alembic_version)::text, 'the revision is Alembic''s');
select is((select health ->> 'server_version' from h), current_setting('server_version'), 'the version is the server''s');
select ok((select abs(extract(epoch from clock_timestamp() - (health ->> 'now')::timestamptz)) < 60 from h), 'the time is now');
select is((select health -> 'llm_circuits_open' from h), '0', 'no circuit is open');
select matches((select health ->> 'sql_digest' from h), '^[0-9a-f]{64}$', 'the digest is a SHA-256');

truncate core.sql_files;
insert into core.sql_files (path, sha256) values
  ('b.sql', sha256('two')), ('a/b.sql', sha256('one')), ('B.sql', sha256('three'));
select is(
  api.health() ->> 'sql_digest',
  encode(sha256(convert_to(
    'B.sql ' || encode(sha256('three'), 'hex') || E'\n'
    'a/b.sql ' || encode(sha256('one'), 'hex') || E'\n'
    'b.sql ' || encode(sha256('two'), 'hex') || E'\n', 'UTF8')), 'hex'),
  'it is the hash of path, blank, hash and line end of each file, in the order of bytes'
);
truncate core.sql_files;
select is(
  api.health() ->> 'sql_digest', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'of no file it is the hash of nothing'
);

select * from finish();
rollback;

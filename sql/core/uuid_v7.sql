-- Time-ordered UUIDs (RFC 9562): PostgreSQL 18 has them, older servers get the same layout: 48 bits
-- of Unix milliseconds, the version, 12 bits of the millisecond's fraction (method 3, so that those
-- that one session makes one after another sort so), and the rest of a random UUID with its
-- variant.
do $do$
declare
  v_body text := 'begin return uuidv7(); end';
begin
  if current_setting('server_version_num')::integer < 180000 then
    v_body := $body$
      declare
        v_micros bigint := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
      begin
        return encode(
          int8send((v_micros / 1000 << 16) | (7 << 12) | (v_micros % 1000 * 4096 / 1000))
            || substring(uuid_send(gen_random_uuid()) from 9),
          'hex')::uuid;
      end
    $body$;
  end if;
  execute format(
    'create or replace function core.uuid_v7() returns uuid language plpgsql volatile '
    'security invoker set search_path = pg_catalog, pg_temp as %L', v_body);
end
$do$;

comment on function core.uuid_v7() is 'A new UUID version 7: keys that sort by time (RFC 9562)';

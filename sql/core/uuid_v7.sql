-- Time-ordered UUIDs (RFC 9562): PostgreSQL 18 has them, older servers get the same layout from
-- gen_random_uuid() with the first 48 bits set to the Unix time in milliseconds.
do $do$
declare
  v_body text := 'begin return uuidv7(); end';
begin
  if current_setting('server_version_num')::integer < 180000 then
    v_body := $body$
      begin return encode(
        set_bit(
          set_bit(
            overlay(
              uuid_send(gen_random_uuid())
              placing substring(
                int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
              from 1 for 6),
            52, 1),
          53, 1),
        'hex')::uuid; end
    $body$;
  end if;
  execute format(
    'create or replace function core.uuid_v7() returns uuid language plpgsql volatile '
    'security invoker set search_path = pg_catalog, pg_temp as %L', v_body);
end
$do$;

comment on function core.uuid_v7() is 'A new UUID version 7: keys that sort by time (RFC 9562)';

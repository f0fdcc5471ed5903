-- Whether an object of a JSON text names a key twice: jsonb would silently keep the last.
-- PostgreSQL 16 has a predicate for it; on 15 colons outside strings are counted before and after.
do $do$
declare
  v_body text := 'begin return p_text is not json with unique keys; end';
begin
  if current_setting('server_version_num')::integer < 160000 then
    v_body := $body$
      begin return length(regexp_replace(p_text, '"(\\.|[^"\\])*"|[^:"]+', '', 'g'))
        <> length(regexp_replace(p_text::jsonb::text, '"(\\.|[^"\\])*"|[^:"]+', '', 'g')); end
    $body$;
  end if;
  execute format(
    'create or replace function core.has_duplicate_keys(p_text text) returns boolean language '
    'plpgsql immutable parallel safe security invoker set search_path = pg_catalog, pg_temp as %L',
    v_body);
end
$do$;

comment on function core.has_duplicate_keys(text) is
  'Whether an object anywhere in this valid JSON text has two members of one name';

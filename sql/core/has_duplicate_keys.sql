-- Whether an object of a JSON text names a key twice: jsonb would silently keep the last.
-- PostgreSQL 16 has a predicate for it; resolved when created, so that the caller's expression
-- takes it in. On 15 colons outside strings are counted before and after, unless it is plain to see
-- that jsonb has lost no member: its text has as many quotes followed by a colon, and none of those
-- that the text given has can be hidden (by blanks or as an escaped character).
do $do$
begin
  if current_setting('server_version_num')::integer >= 160000 then
    execute
      'create or replace function core.has_duplicate_keys(p_text text) returns boolean '
      'language sql immutable parallel safe security invoker '
      'return p_text is not json with unique keys';
  else
    create or replace function core.has_duplicate_keys(p_text text)
      returns boolean
      language plpgsql
      immutable
      parallel safe
      security invoker
      set search_path = pg_catalog, pg_temp
    as $function$
    declare
      v_kept text := p_text::jsonb::text;
    begin
      if position('\u' in p_text) = 0 and p_text !~ '"[ \t\r\n]+:'
        and (octet_length(p_text) - octet_length(replace(p_text, '":', ''))) / 2
          <= (octet_length(v_kept) - octet_length(replace(v_kept, '": ', ''))) / 3
            - (octet_length(v_kept) - octet_length(replace(v_kept, '\": ', ''))) / 4
      then
        return false;
      end if;
      return length(regexp_replace(p_text, '"(\\.|[^"\\])*"|[^:"]+', '', 'g'))
        <> length(regexp_replace(v_kept, '"(\\.|[^"\\])*"|[^:"]+', '', 'g'));
    end
    $function$;
  end if;
end
$do$;

comment on function core.has_duplicate_keys(text) is
  'Whether an object anywhere in this valid JSON text has two members of one name';

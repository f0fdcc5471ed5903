-- Whose site a URL is of: the host in lower case, without port, user, trailing dot and www. Of an
-- app's referrer (android-app://) the name of the app. A path, a text without a dot and whatever
-- else names no host is null, so that it never becomes a source. Cut with plain text functions: a
-- regular expression that captures would cost several times as much.
create or replace function core.referrer_host(p_url text)
  returns text
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_host text := lower(btrim(left(p_url, 2000)));
  v_slashes integer := position('//' in v_host);
  v_is_url boolean := v_slashes = 1
    or v_slashes > 2 and left(v_host, v_slashes - 1) ~ '^[a-z][a-z0-9+.-]*:$';
begin
  if v_is_url then
    v_host := substr(v_host, v_slashes + 2);
  end if;
  v_host := split_part(split_part(split_part(v_host, '/', 1), '?', 1), '#', 1);
  if position('@' in v_host) > 0 then
    v_host := case when v_is_url then split_part(v_host, '@', -1) end;
  end if;
  if left(v_host, 1) = '[' then
    return substring(v_host from '^\[[0-9a-f:.]+\]');
  end if;
  v_host := rtrim(split_part(v_host, ':', 1), '.');
  if left(v_host, 3) = 'www' then
    v_host := regexp_replace(v_host, '^www[0-9]?\.(?=.*\.)', '');
  end if;
  return case
    when v_host <> '' and (v_is_url or position('.' in v_host) > 1) and v_host !~ '[][()%,\s]'
    then v_host
  end;
end
$function$;

comment on function core.referrer_host(text) is
  'The host of a URL, or of a text that starts with one, without www.; null where there is none';

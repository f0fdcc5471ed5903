-- Whose site a URL is of: the host in lower case, without port, user, trailing dot and www. Of an
-- app's referrer (android-app://) the name of the app. A path, a text without a dot and whatever
-- else names no host is null, so that it never becomes a source.
create or replace function core.referrer_host(p_url text)
  returns text
  language sql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select nullif(
      regexp_replace(
        rtrim(
          coalesce(
            substring(lower(p_url) from
              '^\s*(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#@]*@)?(\[[0-9a-f:.]+\]|[^][/?#:@\s]+)'),
            substring(lower(p_url) from '^\s*([^][/?#:@()\s]+\.[^][/?#:@()\s.]+\.?)(?:[/?#:]|\s*$)')),
          '.'),
        '^www[0-9]?\.(?=.*\.)', ''),
      '')
$function$;

comment on function core.referrer_host(text) is
  'The host of a URL, or of a text that starts with one, without www.; null where there is none';

-- An id as the ledger writes it: gid://shopify/Order/1 is 1, and #1001 is 1001.
create or replace function core.plain_id(p_id text)
  returns text
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select case
    when starts_with(p_id, '#') then substring(p_id from 2)
    when starts_with(p_id, 'gid://shopify/') then regexp_replace(p_id, '^.*/', '')
    else p_id
  end
$function$;

comment on function core.plain_id(text) is 'An id without the dress that statements give it';

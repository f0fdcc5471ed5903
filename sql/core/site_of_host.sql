-- The part of a host that one owner holds: example.co.uk of shop.example.co.uk. Without the public
-- suffix list, which changes weekly: second-level names of countries by their usual words, and the
-- platforms that give each customer a name of its own.
create or replace function core.site_of_host(p_host text)
  returns text
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_labels text[] := string_to_array(p_host, '.');
  v_count integer := cardinality(v_labels);
  v_suffix text := v_labels[v_count - 1] || '.' || v_labels[v_count];
begin
  if v_count < 3 or p_host like '%.%.%.%' and p_host !~ '[^0-9.]' then
    return p_host;
  end if;
  if length(v_labels[v_count]) = 2
      and v_labels[v_count - 1] in (
        'co', 'com', 'ne', 'net', 'or', 'org', 'go', 'gov', 'ac', 'ed', 'edu', 'ltd', 'plc', 'me',
        'nom', 're', 'gr', 'in', 'asn', 'id', 'web', 'sch', 'mil', 'gob', 'gouv')
    or v_suffix in (
      'myshopify.com', 'github.io', 'gitlab.io', 'blogspot.com', 'wordpress.com', 'wixsite.com',
      'weebly.com', 'squarespace.com', 'webflow.io', 'vercel.app', 'netlify.app', 'herokuapp.com',
      'pages.dev', 'workers.dev', 'web.app', 'firebaseapp.com', 'azurewebsites.net', 'tistory.com',
      'cafe24.com', 'imweb.me', 'mybigcommerce.com', 'bigcartel.com', 'square.site',
      'substack.com', 'tumblr.com', 'notion.site', 'framer.website')
  then
    return v_labels[v_count - 2] || '.' || v_suffix;
  end if;
  return v_suffix;
end
$function$;

comment on function core.site_of_host(text) is
  'The registrable domain of a host, as far as it can be told without the public suffix list';

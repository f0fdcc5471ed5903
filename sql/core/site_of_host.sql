-- The part of a host that one owner holds: example.co.uk of shop.example.co.uk. Without the public
-- suffix list, which changes weekly: second-level names of countries by their usual words, and the
-- platforms that give each customer a name of its own.
create or replace function core.site_of_host(p_host text)
  returns text
  language sql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select coalesce(
    substring(p_host from '[^.]+\.(?:myshopify\.com|github\.io|gitlab\.io|blogspot\.[a-z.]+|'
      'wordpress\.com|wixsite\.com|weebly\.com|squarespace\.com|webflow\.io|vercel\.app|'
      'netlify\.app|herokuapp\.com|pages\.dev|workers\.dev|web\.app|firebaseapp\.com|'
      'azurewebsites\.net|tistory\.com|cafe24\.com|imweb\.me|myshopline\.com|mybigcommerce\.com|'
      'bigcartel\.com|square\.site|substack\.com|tumblr\.com|notion\.site|framer\.website)$'),
    substring(p_host from
      '[^.]+\.(?:com?|net?|org?|gov?|go|edu?|ac|ltd|plc|me|nom|or|re|gr|in|asn|id|web|sch|mil)'
      '\.[a-z]{2}$'),
    substring(p_host from '[^.]+\.[^.]+$'),
    p_host)
$function$;

comment on function core.site_of_host(text) is
  'The registrable domain of a host, as far as it can be told without the public suffix list';

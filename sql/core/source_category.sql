-- What kind of site a source is: a host, or a name as utm_source states it. Looked up are the host,
-- the same without m. and the like, each parent domain (where the table says that it stands for
-- its subdomains), and all of these without their public suffix (google.* of google.co.uk). The
-- longest that fits counts: mail.google.com is not google.com.
create or replace function core.source_category(p_source text)
  returns text
  language plpgsql
  stable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_host text := p_source;
  v_suffix text;
  v_exact text[];
  v_parents text[] := array[]::text[];
  v_dot integer;
begin
  if p_source is null then
    return null;
  end if;
  if position('.' in p_source) = 0 then
    return (select s.category from core.channel_sources as s where s.source = p_source);
  end if;
  v_host := regexp_replace(p_source, '^(?:www[0-9]?|m|mobile|amp|touch|wap|lite)\.(?=.*\.)', '');
  v_suffix := substring(v_host from
    '\.(?:(?:com?|net?|org?)\.[a-z]{2}|com|net|org|[a-z]{2})$');
  v_exact := array[p_source, v_host];
  if v_suffix is not null then
    v_exact := v_exact || (left(v_host, -length(v_suffix)) || '.*');
  end if;
  -- Hosts have few labels; a text of many is nobody's host, and its first eight parents will do.
  for i in 1 .. 8 loop
    v_parents := v_parents || v_host;
    if v_suffix is not null and length(v_host) > length(v_suffix) then
      v_parents := v_parents || (left(v_host, -length(v_suffix)) || '.*');
    end if;
    v_dot := position('.' in v_host);
    exit when v_dot = 0;
    v_host := substr(v_host, v_dot + 1);
  end loop;
  return (
    select s.category
      from core.channel_sources as s
     where s.source = any (v_exact || v_parents)
       and (s.includes_subdomains or s.source = any (v_exact))
     order by length(s.source) desc, s.source
     limit 1);
end
$function$;

comment on function core.source_category(text) is
  'search, social, video, shopping, ai_assistant, never_a_source; null: any other site';

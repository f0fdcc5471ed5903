-- An event may state its channel itself. It counts where the taxonomy has it, in any usual spelling
-- (`Paid Search`, `paid-search`); everything else is somebody's own word.
create or replace function core.stated_channel(p_channel text)
  returns text
  language sql
  stable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select t.channel_code
    from core.channel_taxonomy as t,
         (select btrim(regexp_replace(lower(p_channel), '[^a-z0-9]+', '_', 'g'), '_')) as s (code)
   where (t.channel_code = s.code or s.code = any (t.aliases)) and t.is_assignable
$function$;

comment on function core.stated_channel(text) is
  'The channel that a text names, or null where the taxonomy has none of that name';

-- The named members of each object in an array: an allow-list for lists whose objects mix money
-- with free text and personal data.
create or replace function core.pick_items(p_items jsonb, p_keys text[])
  returns jsonb
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if jsonb_typeof(p_items) is distinct from 'array' then
    return null;
  end if;
  return (
    select jsonb_agg((
      select jsonb_object_agg(k.key, i.item -> k.key)
        from unnest(p_keys) as k (key)
       where i.item ? k.key)
      order by i.ordinal)
      from jsonb_array_elements(p_items) with ordinality as i (item, ordinal)
     where jsonb_typeof(i.item) = 'object');
end
$function$;

comment on function core.pick_items(jsonb, text[]) is
  'An array''s objects reduced to these keys; null for anything else';

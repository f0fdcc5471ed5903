-- The named members of each object in an array: an allow-list for lists whose objects mix money
-- with free text and personal data. Dropping what an object has besides costs a tenth of taking out
-- what is wanted; p_others is what that usually is, and where there is more, it is looked up: the
-- objects of a list are much alike.
create or replace function core.pick_from_items(p_items jsonb, p_keys text[], p_others text[])
  returns jsonb
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_others text[] := p_others;
  v_item jsonb;
  v_picked jsonb[];
begin
  if jsonb_typeof(p_items) is distinct from 'array' then
    return null;
  end if;
  for i in 0 .. jsonb_array_length(p_items) - 1 loop
    continue when jsonb_typeof(p_items -> i) <> 'object';
    v_item := (p_items -> i) - v_others;
    if v_item - p_keys <> '{}' and core.count_keys(p_items -> i) <= 100 then
      v_others := array(
        select k.key from jsonb_object_keys(p_items -> i) as k (key) where k.key <> all (p_keys));
      v_item := (p_items -> i) - v_others;
    elsif v_item - p_keys <> '{}' then  -- dropping takes time by both their numbers
      v_item := coalesce((
        select jsonb_object_agg(k.key, p_items -> i -> k.key)
          from unnest(p_keys) as k (key)
         where p_items -> i ? k.key), '{}');
    end if;
    v_picked := v_picked || nullif(v_item, '{}');
  end loop;
  return to_jsonb(v_picked);
end
$function$;

comment on function core.pick_from_items(jsonb, text[], text[]) is
  'An array''s objects reduced to these keys; null for anything else; with what they usually have '
  'besides, none of which is wanted';

-- The words of a topic, each without its ending, so that order_create, orders/create and
-- order.created are one: senders configured the older way spell topics in their own manner.
create or replace function core.stem_topic(p_topic text)
  returns text
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select string_agg(
      replace(regexp_replace(w.word, '(ed|e|s|es)$', ''), 'll', 'l'), '.' order by w.ordinal)
    from regexp_split_to_table(lower(left(p_topic, 200)), '[^a-z0-9]+')
      with ordinality as w (word, ordinal)
   where w.word <> ''
$function$;

comment on function core.stem_topic(text) is
  'A topic as dotted word stems: orders/create, ORDER.CREATED and order_create are order.creat';

-- core.pick_from_items for lists of which nothing is known. Resolved when created, so that the
-- caller's expression takes it in.
create or replace function core.pick_items(p_items jsonb, p_keys text[])
  returns jsonb
  language sql
  immutable
  security invoker
return core.pick_from_items(p_items, p_keys, '{}');

comment on function core.pick_items(jsonb, text[]) is
  'An array''s objects reduced to these keys; null for anything else';

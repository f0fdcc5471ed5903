-- The text of a JSON string or number, and null for anything else: `->>` would give an object's
-- whole text, with whatever is in it. Resolved when created, so that the caller's expression takes
-- it in.
create or replace function core.string_of(p_value jsonb)
  returns text
  language sql
  immutable
  security invoker
return case when jsonb_typeof(p_value) in ('string', 'number') then p_value #>> '{}' end;

comment on function core.string_of(jsonb) is
  'A JSON string or number as text; null for anything else';

-- Names of objects about a person or a place, as a case-insensitive regular expression: whatever
-- the members of such an object are called, only its id may stay. Resolved when created, so that it
-- is a constant of the caller's expression.
create or replace function core.person_key_pattern()
  returns text
  language sql
  immutable
  parallel safe
  security invoker
return
  '(customer|buyer|payer|recipient|contact|owner|individual|billing_details|shipping)';

comment on function core.person_key_pattern() is
  'Regular expression (use with ~*) for the end of a key whose object is about a person';

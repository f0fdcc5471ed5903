-- How many members an object has: before and after dropping declared paths, their difference is
-- what is reported as redacted. One expression, because a query would cost a start of the executor;
-- resolved when created, so that the caller's expression takes it in.
create or replace function core.count_keys(p_object jsonb)
  returns integer
  language sql
  immutable
  security invoker
return jsonb_array_length(jsonb_path_query_array(p_object, 'strict $.*.type()'));

comment on function core.count_keys(jsonb) is 'The number of members of an object';

-- The one place that says which failures a repetition may cure without anybody's doing: they are
-- tried again when the sender redelivers and, while attempts are left, by themselves. All other
-- reasons need somebody to change something first (docs/dead-letters.md tells what).
create or replace function core.is_transient(p_reason text)
  returns boolean
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select p_reason = 'internal_error'
$function$;

comment on function core.is_transient(text) is
  'Whether a dead letter of this reason may be cured by trying again, nothing else being changed';

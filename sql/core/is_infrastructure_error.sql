-- Tells a fault of the machine from a fault of the payload. The first is raised, so that the sender
-- redelivers (HTTP 503); the second becomes a dead letter. Classes: connection, rollback (deadlock,
-- serialization), resources, lock not available, intervention, system, read-only, internal.
create or replace function core.is_infrastructure_error(p_sqlstate text)
  returns boolean
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select left(p_sqlstate, 2) in ('08', '25', '40', '53', '55', '57', '58', 'F0', 'XX')
$function$;

comment on function core.is_infrastructure_error(text) is
  'Whether a SQLSTATE means that the same webhook may succeed when it is delivered again';

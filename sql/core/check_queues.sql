-- A misspelt queue would never have a due job, and nobody would notice.
create or replace function core.check_queues(p_queues text[])
  returns void
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if coalesce(cardinality(p_queues), 0) = 0
    or not coalesce(p_queues <@ array['attribution', 'maintenance', 'housekeeping'], false)
  then
    perform core.raise_error('unknown_queue');
  end if;
end
$function$;

comment on function core.check_queues(text[]) is
$doc$Refuses names that are no queue.
Raises: unknown_queue (HL026).$doc$;

-- api.tenants_with_due_jobs checks them, too.
grant execute on function core.check_queues(text[]) to hookledger_operator;

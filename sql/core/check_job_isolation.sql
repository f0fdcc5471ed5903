-- A run must see what was committed before its job was claimed: an older snapshot would lose marks.
create or replace function core.check_job_isolation()
  returns void
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform core.raise_error('wrong_isolation', 'jobs run in read committed');
  end if;
end
$function$;

comment on function core.check_job_isolation() is
$doc$Refuses every isolation but read committed.
Raises: wrong_isolation (HL009).$doc$;

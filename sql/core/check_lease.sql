-- A lease that is too short ends between two heartbeats, one that is too long leaves the job of a
-- killed worker undone.
create or replace function core.check_lease(p_lease interval)
  returns void
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if not coalesce(p_lease between interval '1 second' and interval '1 day', false) then
    perform core.raise_error('invalid_lease');
  end if;
end
$function$;

comment on function core.check_lease(interval) is
$doc$Refuses a lease that is not between a second and a day.
Raises: invalid_lease (HL025).$doc$;

-- Raises a catalogued error. Code, message and hint come from core.errors(); DETAIL carries
-- identifiers or key names only, so nothing of a payload can reach a log.
create or replace function core.raise_error(p_reason text, p_detail text default null)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_error record;
begin
  select e.sqlstate, e.message, e.hint into strict v_error
    from core.errors() as e
   where e.reason = p_reason;
  raise exception using
    errcode = v_error.sqlstate,
    message = v_error.message,
    detail = coalesce(p_detail, ''),
    hint = coalesce(v_error.hint, '');
end
$function$;

comment on function core.raise_error(text, text) is
  'Raises the error of core.errors() with that reason';

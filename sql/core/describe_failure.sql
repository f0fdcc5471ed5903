-- An error as a dead letter states it. DETAIL is only kept of catalogued errors: theirs carry key
-- names, the server's own may carry values.
create or replace function core.describe_failure(
  p_stage text,
  p_sqlstate text,
  p_detail text default null
)
  returns core.dead_letter
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select row(
    p_stage,
    coalesce(e.reason, 'internal_error'),
    p_sqlstate,
    coalesce(e.message, i.message),
    case when e.sqlstate like 'HL%' or e.reason = 'pii_violation' then nullif(p_detail, '') end,
    null::jsonb,
    null::text,
    coalesce(e.reason = 'pii_violation', false),
    null::integer
  )::core.dead_letter
  from core.errors() as i
  left join core.errors() as e on e.sqlstate = p_sqlstate
  where i.reason = 'internal_error'
$function$;

comment on function core.describe_failure(text, text, text) is
  'Stage, reason, SQLSTATE, constant message and detail of a failure; '
  'internal_error where none is catalogued';

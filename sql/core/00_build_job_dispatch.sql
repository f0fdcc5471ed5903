-- A task is one function, core.job_<task>(p_tenant_id uuid, p_args jsonb) returns jsonb. This
-- writes core.run_task, which calls them by name, from what exists: static branches have static
-- plans, and adding a task touches no other file, because its own file calls this at its end.
create or replace function core.build_job_dispatch()
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_branches text;
begin
  v_branches := (
    select string_agg(
        format(E'    when %L then\n      return core.%I(p_tenant_id, p_args);\n',
          substring(p.proname from 'job_(.*)'), p.proname),
        '' order by p.proname)
      from pg_proc as p
     where p.pronamespace = 'core'::regnamespace and p.proname like 'job\_%'
       and p.prorettype = 'jsonb'::regtype
       and p.oid = to_regprocedure(format('core.%I(uuid, jsonb)', p.proname)));
  execute format(
    $create$create or replace function core.run_task(p_tenant_id uuid, p_task text, p_args jsonb)
  returns jsonb
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $branches$
begin
  case p_task
%s    else
      perform core.raise_error('unknown_task', 'task ' || p_task);
      return null;
  end case;
end
$branches$$create$, v_branches);
  comment on function core.run_task(uuid, text, jsonb) is
    'core.job_<task>, by name; written by core.build_job_dispatch';
end
$function$;

comment on function core.build_job_dispatch() is
  'Writes core.run_task from the tasks there are';

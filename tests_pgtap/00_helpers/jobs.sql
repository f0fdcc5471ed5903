-- Tasks and jobs for tests. A task is made within the test's transaction and goes with it.

create or replace function tap.task(p_name text, p_body text)
  returns void
  language plpgsql
as $function$
begin
  execute format(
    'create or replace function core.%I(p_tenant_id uuid, p_args jsonb) returns jsonb'
    ' language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp as %L',
    'job_' || p_name, p_body);
  execute format('alter function core.%I(uuid, jsonb) owner to hookledger_owner', 'job_' || p_name);
  perform core.build_job_dispatch();
end
$function$;
comment on function tap.task(text, text) is
  'Adds a task: its name and its PL/pgSQL body, which sees p_tenant_id and p_args';

create or replace function tap.enqueue(
  p_tenant_id uuid,
  p_task text,
  p_key text,
  p_args jsonb default '{}',
  p_run_at timestamptz default null,
  p_queue text default 'maintenance'
)
  returns void
  language plpgsql
as $function$
begin
  perform core.set_tenant(p_tenant_id);
  perform core.enqueue_job(p_tenant_id, p_queue, p_task, p_key, p_args, p_run_at);
end
$function$;
comment on function tap.enqueue(uuid, text, text, jsonb, timestamptz, text) is
  'Enqueues a job as a function of Hookledger does, with the tenant set';

create or replace function tap.run(p_tenant_id uuid, p_queue text default 'maintenance')
  returns text
  language sql
as $function$
  select r.status from api.run_next_job(p_tenant_id, array[p_queue]) as r
$function$;
comment on function tap.run(uuid, text) is
  'Runs the next due job of a queue; its status after that, null when there is none';

create or replace function tap.make_due(p_tenant_id uuid)
  returns void
  language sql
as $function$
  update core.jobs
     set run_at = least(run_at, now() - interval '1 second'),
         leased_until = least(leased_until, now() - interval '1 second')
   where tenant_id = p_tenant_id and finished_at is null
$function$;
comment on function tap.make_due(uuid) is
  'Lets the time pass that an open job of this tenant waits, or that its lease lasts';

-- A pending job is wanted earlier than it is planned. One that is locked is being claimed or pulled
-- by somebody else: then it stays as it is, because nobody waits here.
create or replace function core.pull_job_forward(
  p_tenant_id uuid,
  p_job_id uuid,
  p_run_at timestamptz
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_job_id uuid;
begin
  select j.job_id into v_job_id
    from core.jobs as j
   where j.tenant_id = p_tenant_id and j.job_id = p_job_id
     and j.status = 'pending' and j.run_at > p_run_at
     for update skip locked;
  if found then
    update core.jobs
       set run_at = p_run_at
     where tenant_id = p_tenant_id and job_id = v_job_id;
  end if;
end
$function$;

comment on function core.pull_job_forward(uuid, uuid, timestamptz) is
  'Plans a pending job for an earlier time, unless somebody has it in hand';

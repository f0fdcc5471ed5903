-- Other pending jobs of a job's key are done with that job: they go. Tells the most attempts that
-- one of them had, so that a job that always fails is not young again with every mark. What
-- somebody else has in hand stays, and what is older than the latest that was begun is done on its
-- own (so that no state of long ago is looked at). Locks: the jobs that go.
create or replace function core.absorb_jobs(p_tenant_id uuid, p_job core.jobs)
  returns integer
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
  set enable_seqscan = off
  set enable_bitmapscan = off
as $function$
declare
  v_latest_begun uuid := (
    select j.job_id
      from core.jobs as j
     where j.tenant_id = p_tenant_id and j.task = p_job.task and j.key = p_job.key
       and j.status <> 'pending' and j.job_id <> p_job.job_id
     order by j.job_id desc
     limit 1);
  v_ids uuid[];
  v_attempts integer;
begin
  select array_agg(s.job_id), max(s.attempts) into v_ids, v_attempts
    from (
      select j.job_id, j.attempts
        from core.jobs as j
       where j.tenant_id = p_tenant_id and j.task = p_job.task and j.key = p_job.key
         -- is pending, but worded so that the index of pending jobs is not the way to it
         and j.status not in ('running', 'succeeded', 'dead') and j.job_id <> p_job.job_id
         and j.job_id > coalesce(v_latest_begun, uuid '00000000-0000-0000-0000-000000000000')
         for update skip locked) as s;
  if v_ids is not null then
    delete from core.jobs where tenant_id = p_tenant_id and job_id = any (v_ids);
  end if;
  return coalesce(v_attempts, 0);
end
$function$;

comment on function core.absorb_jobs(uuid, core.jobs) is
  'Removes the other pending jobs of this key; returns the most attempts one of them had';

-- Takes the next due job: counts the attempt, gives it a lease and unites with it what else is
-- pending of its key. Where somebody in another transaction relies on what is pending (the key's
-- advisory lock is not free: see core.enqueue_job), a further job is left for what that transaction
-- will commit. A job whose lease ended too often is buried on the way. Locks: the job, the pending
-- ones of its key, and the advisory lock, until the transaction ends.
create or replace function core.claim_job(
  p_tenant_id uuid,
  p_queues text[],
  p_lease interval,
  p_worker text
)
  returns core.jobs
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz;
  v_token uuid := gen_random_uuid();
  v_successor_id uuid;
  v_attempts integer;
  v_job core.jobs;
begin
  loop
    v_job := core.find_due_job(p_tenant_id, p_queues);
    if v_job.job_id is null then
      return null;
    end if;
    exit when v_job.status = 'pending' or v_job.attempts < v_job.max_attempts;
    perform core.fail_job(p_tenant_id, v_job,
      (select e.sqlstate from core.errors() as e where e.reason = 'lease_expired'), null);
  end loop;

  v_now := clock_timestamp();
  if not pg_try_advisory_xact_lock(core.lock_of_job(p_tenant_id, v_job.task, v_job.key)) then
    v_successor_id := core.uuid_v7();
  end if;
  v_attempts := greatest(v_job.attempts, core.absorb_jobs(p_tenant_id, v_job)) + 1;
  update core.jobs
     set status = 'running', attempts = v_attempts, lease_token = v_token,
         leased_until = v_now + p_lease, leased_by = p_worker, heartbeat_at = v_now,
         started_at = v_now
   where tenant_id = p_tenant_id and job_id = v_job.job_id
  returning * into strict v_job;
  if v_successor_id is not null then
    insert into core.jobs (
      tenant_id, job_id, queue, task, key, lane, args, run_at, created_at)
    values (
      p_tenant_id, v_successor_id, v_job.queue, v_job.task, v_job.key, v_successor_id, v_job.args,
      v_now + interval '3 seconds', v_now);
  end if;
  return v_job;
end
$function$;

comment on function core.claim_job(uuid, text[], interval, text) is
  'Takes the next due job of these queues under a new lease; null when there is none';

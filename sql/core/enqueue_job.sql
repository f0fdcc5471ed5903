-- Asks for a task to be done to a key; one pending job is enough, however often it is asked.
-- Who relies on a pending job that is there already holds the key's advisory lock, shared, until
-- its transaction ends; who claims a job takes it exclusively, and where it is not free leaves
-- another pending job, because it cannot see yet what those transactions will commit. Conversely,
-- who finds the lock taken cannot know whether the job it sees is being run already, and adds one
-- of its own. Nobody waits for a run, and for another transaction that adds the first job of the
-- key (so that concurrent ones end with one job) no longer than half a second. Only read committed
-- shows what is pending now: in another isolation a job is added always. The claim unites the jobs
-- of a key. While a transaction is held open anywhere, the states that ended stay in the indexes:
-- so the latest job of the key is looked at, and not every state that was ever pending. Locks: the
-- advisory lock, shared and only if free; then the pending job, if it is new.
create or replace function core.enqueue_job(
  p_tenant_id uuid,
  p_queue text,
  p_task text,
  p_key text,
  p_args jsonb default '{}',
  p_run_at timestamptz default null
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_nil constant uuid := uuid '00000000-0000-0000-0000-000000000000';
  v_now timestamptz := clock_timestamp();
  v_latest record;
  v_job_id uuid := core.uuid_v7();
  v_lock_timeout text := current_setting('lock_timeout');
begin
  if current_setting('transaction_isolation') = 'read committed'
    and pg_try_advisory_xact_lock_shared(core.lock_of_job(p_tenant_id, p_task, p_key))
  then
    select j.job_id, j.status, j.run_at, j.attempts into v_latest
      from core.jobs as j
     where j.tenant_id = p_tenant_id and j.task = p_task and j.key = p_key
     order by j.job_id desc
     limit 1;
    if v_latest.status = 'pending' then
      -- What waits to be tried again keeps its pause: else a busy key would use up its attempts.
      if p_run_at < v_latest.run_at and v_latest.attempts = 0 then
        perform core.pull_job_forward(p_tenant_id, v_latest.job_id, p_run_at);
      end if;
      return;
    end if;

    begin
      perform set_config('lock_timeout', '500ms', true);
      insert into core.jobs (
        tenant_id, job_id, queue, task, key, lane, args, run_at, created_at)
      values (
        p_tenant_id, v_job_id, p_queue, p_task, p_key, coalesce(v_latest.job_id, v_nil),
        coalesce(p_args, '{}'), coalesce(p_run_at, v_now), v_now)
      on conflict (tenant_id, task, key, lane) where status = 'pending' do nothing;
      perform set_config('lock_timeout', v_lock_timeout, true);
      return;
    exception when lock_not_available then
      null;  -- the setting is as before: it went with the subtransaction
    end;
  end if;

  insert into core.jobs (
    tenant_id, job_id, queue, task, key, lane, args, run_at, created_at)
  values (
    p_tenant_id, v_job_id, p_queue, p_task, p_key, v_job_id, coalesce(p_args, '{}'),
    coalesce(p_run_at, v_now), v_now);
end
$function$;

comment on function core.enqueue_job(uuid, text, text, text, jsonb, timestamptz) is
  'Has a task done to a key, soon or not before p_run_at; pending already: nothing changes, but an '
  'earlier p_run_at counts';

-- The job to run next: of the queues asked for, the one that is due longest and that nobody has in
-- hand. Jobs whose lease ended count as due. Locks: the job found, until the transaction ends.
--
-- While a transaction is held open anywhere, the index still leads to every pending state that
-- ended since, and reading them all makes each claim slower than the last. As jobs start in the
-- order in which they are due, the scan begins where the latest one started from; what is due from
-- before that (tried again, pulled forward, committed late) is found by a scan from the beginning,
-- which takes place when there is nothing else to do, and now and then. The conditions are worded
-- as the index is: with coalesce() row-level security would keep them out of it.
create or replace function core.find_due_job(p_tenant_id uuid, p_queues text[])
  returns core.jobs
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
  set enable_seqscan = off
  set enable_bitmapscan = off
as $function$
declare
  v_nil constant uuid := uuid '00000000-0000-0000-0000-000000000000';
  v_now timestamptz := clock_timestamp();
  v_is_thorough boolean := random() < 0.02;
  v_queue record;
  v_job core.jobs;
begin
  loop
    for v_queue in
      select q.queue, s.run_at, s.job_id
        from unnest(p_queues) as q (queue)
        left join lateral (
          select j.run_at, j.job_id
            from core.jobs as j
           where j.tenant_id = p_tenant_id and j.queue = q.queue and j.status <> 'pending'
             and not v_is_thorough
           order by j.started_at desc
           limit 1) as s on true
       cross join lateral (
          select case when j.leased_until is null then j.run_at else j.leased_until end as due_at
            from core.jobs as j
           where j.tenant_id = p_tenant_id and j.queue = q.queue and j.finished_at is null
             and (case when j.leased_until is null then j.run_at else j.leased_until end, j.job_id)
               >= (case when s.job_id is null then '-infinity' else s.run_at end,
                 case when s.job_id is null then v_nil else s.job_id end)
             and case when j.leased_until is null then j.run_at else j.leased_until end <= v_now
           order by case when j.leased_until is null then j.run_at else j.leased_until end,
             j.job_id
           limit 1) as d
       order by d.due_at
    loop
      select j.* into v_job
        from core.jobs as j
       where j.tenant_id = p_tenant_id and j.queue = v_queue.queue and j.finished_at is null
         and (case when j.leased_until is null then j.run_at else j.leased_until end, j.job_id)
           >= (case when v_queue.job_id is null then '-infinity' else v_queue.run_at end,
             case when v_queue.job_id is null then v_nil else v_queue.job_id end)
         and case when j.leased_until is null then j.run_at else j.leased_until end <= v_now
       order by case when j.leased_until is null then j.run_at else j.leased_until end, j.job_id
       limit 1
         for update skip locked;
      if found then
        return v_job;
      end if;
    end loop;
    exit when v_is_thorough;
    v_is_thorough := true;
  end loop;
  return null;
end
$function$;

comment on function core.find_due_job(uuid, text[]) is
  'Locks and returns the job of these queues that is due longest; null when there is none';

-- Whose turn is it? The tenant whose latest job began longest ago comes first, so that one with a
-- thousand due jobs does not hold up the others. Owned by the operator, because it looks across
-- tenants: it sees when jobs are due, not what they are. The index has the tenant first, so the
-- scan goes from tenant to tenant and not over the jobs. Locks: none.
set local role hookledger_operator;

create or replace function api.tenants_with_due_jobs(p_queues text[], p_limit integer default 100)
  returns setof uuid
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
  set enable_seqscan = off
  set enable_bitmapscan = off
as $function$
declare
  v_now timestamptz := clock_timestamp();
begin
  perform core.check_queues(p_queues);
  return query
    with recursive tenants as (
      (select j.tenant_id
         from core.jobs as j
        where j.finished_at is null
        order by j.tenant_id
        limit 1)
       union all
      select (
          select j.tenant_id
            from core.jobs as j
           where j.finished_at is null and j.tenant_id > t.tenant_id
           order by j.tenant_id
           limit 1)
        from tenants as t
       where t.tenant_id is not null
    )
    select t.tenant_id
      from tenants as t
     cross join lateral (
        select min(e.due_at) as due_at
          from unnest(p_queues) as q (queue)
         cross join lateral (
            select case when j.leased_until is null then j.run_at else j.leased_until end as due_at
              from core.jobs as j
             where j.tenant_id = t.tenant_id and j.queue = q.queue and j.finished_at is null
               and case when j.leased_until is null then j.run_at else j.leased_until end <= v_now
             order by case when j.leased_until is null then j.run_at else j.leased_until end,
               j.job_id
             limit 1) as e) as d
     cross join lateral (
        select max(e.started_at) as started_at
          from unnest(p_queues) as q (queue)
         cross join lateral (
            select j.started_at
              from core.jobs as j
             where j.tenant_id = t.tenant_id and j.queue = q.queue and j.status <> 'pending'
             order by j.started_at desc
             limit 1) as e) as s
     where d.due_at is not null
     order by s.started_at nulls first, d.due_at, t.tenant_id
     limit p_limit;
end
$function$;

comment on function api.tenants_with_due_jobs(text[], integer) is
$doc$Tenants that have a due job in these queues, the one served longest ago first.
p_queues: attribution, maintenance, housekeeping.
Raises: HL026 unknown_queue.
Example: select * from api.tenants_with_due_jobs('{attribution,maintenance}', 100);$doc$;

revoke all on function api.tenants_with_due_jobs(text[], integer) from public;
grant execute on function api.tenants_with_due_jobs(text[], integer)
  to hookledger_worker, hookledger_dba;

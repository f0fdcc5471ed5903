-- The job of a lease, if it is still held. Without a lock, so that its lease can be prolonged.
create or replace function core.leased_job(
  p_tenant_id uuid,
  p_job_id uuid,
  p_lease_token uuid
)
  returns core.jobs
  language sql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select j.*
    from core.jobs as j
   where j.tenant_id = p_tenant_id and j.job_id = p_job_id and j.lease_token = p_lease_token
$function$;

comment on function core.leased_job(uuid, uuid, uuid) is
  'The job with this lease token; null when the lease was lost';

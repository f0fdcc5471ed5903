-- A tenant's summary is there with the recompute. That of all tenants is as of its refresh, holds
-- every tenant's days under forced row-level security, and is refreshed once for all who ask.
begin;
select plan(16);

create temp table t as select who, tap.tenant(who) as tenant_id from unnest(array['ours', 'theirs']) as who;
grant select on t to public;
select is(tap.sale(tenant_id, 'o1', '2026-03-02T12:00:00Z', case who when 'ours' then 1000 else 70 end),
  'accepted', 'a sale of ' || who) from t;
select is((api.recompute_window(tenant_id, '2026-03-02Z', '2026-03-03Z', 'linear')).status, 'succeeded',
  'computed for ' || who) from t;
create function pg_temp.seen(p_who text) returns setof text language plpgsql as $$
begin
  perform tap.set_tenant(tenant_id) from t where who = p_who;
  return query select concat_ws(' ', s.day, s.channel, s.currency, s.event_revenue_minor,
    s.allocated_minor, s.is_balanced, s.drift_minor) from api.allocation_summary as s;
end $$;
select results_eq($$ select pg_temp.seen('ours') $$,
  array['2026-03-02 unattributed EUR 1000 1000 t 0'], 'our day is seen at once');
select results_eq($$ select pg_temp.seen('theirs') $$,
  array['2026-03-02 unattributed EUR 70 70 t 0'], 'and theirs');
select is((select as_of from api.allocation_summary), (select max(finished_at) from api.recomputes),
  'as of the latest recompute');
select is(count(*), 2::bigint, 'each tenant has one refresh pending, however many recomputes')
  from core.jobs join t using (tenant_id) where task = 'refresh_summary' and status = 'pending';
select is((select count(*) from core.mv_allocation_summary join t using (tenant_id)), 0::bigint,
  'the summary of all tenants waits for it');
select isnt(api.refresh_allocation_summary(), null, 'a refresh says as of when');

-- A transaction that the snapshot of the refresh could not see, and one that it could
update core.attribution_recompute_jobs set summed_by = '4000000000000'
  where tenant_id in (select tenant_id from t);
select tap.set_tenant(tenant_id) from t where who = 'ours' \g /dev/null
select is(core.job_refresh_summary(tenant_id, '{}'), '{"refreshed": true}',
  'the job refreshes what no refresh has seen') from t where who = 'ours';
update core.attribution_recompute_jobs set summed_by = '3' where tenant_id in (select tenant_id from t);
select is(core.job_refresh_summary(tenant_id, '{}'), '{"refreshed": false}',
  'and not what one has') from t where who = 'ours';

update core.attribution_recompute_jobs set summed_by = '4000000000000'
  where tenant_id in (select tenant_id from t);
update core.summary_refreshes set duration = '1 minute';
select matches(core.job_refresh_summary(tenant_id, '{}')::text, 'put_off_until',
  'one that took a minute is not repeated for ten') from t where who = 'ours';

select tap.act_as('hookledger_owner');
select throws_ok('refresh materialized view core.mv_allocation_summary', '42501', null,
  'the owner, who sees one tenant, cannot refresh the view');
select tap.act_as('hookledger_dba');
select throws_ok('select from core.mv_allocation_summary', '42501', null,
  'nobody reads it');
select tap.act_as_migrator();
select is((select count(*) from core.mv_allocation_summary join t using (tenant_id)), 2::bigint,
  'the summary holds both tenants');

select * from finish();
rollback;

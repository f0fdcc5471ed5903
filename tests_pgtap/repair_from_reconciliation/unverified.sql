-- What nobody could verify is booked once a statement confirms it: exactly once, whichever of
-- webhook and repair comes first, and only what the statement says as well.
begin;
select plan(21);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'standard') as own from tap.tenant() as tenant_id;
select is(tap.sell(tenant_id, own, 'a', 1000, p_verification => 'unverified'), 'accepted', 'an unverified sale') from t;
select is(tap.give_back(tenant_id, own, 'r1', 'a', 250, p_verification => 'unverified'), 'accepted', 'its refund') from t;
select is(tap.sell(tenant_id, own, 'b', 500, p_verification => 'unverified'), 'accepted', 'a sale told wrongly') from t;
select is(tap.sell(tenant_id, own, 'forged', 9999, p_verification => 'unverified'), 'accepted', 'a forged one') from t;
select is(tap.sell(tenant_id, own, 'c', 700, p_verification => 'unverified'), 'accepted', 'and one more') from t;
select is_empty('select from core.revenue_ledger join t using (tenant_id)', 'none is booked');

create function pg_temp.rows() returns jsonb[] language sql as $$
  select array[tap.row_of('sale', 'a', 1000), tap.row_of('refund', null, 250, 'EUR', '{"parent_object_id": "a"}'),
    tap.row_of('sale', 'b', 501), tap.row_of('sale', 'c', 700), tap.row_of('sale', 'unheard-of', 1)]
$$;
create temp table run as select r.* from t, tap.reconcile(tenant_id, 'standard', pg_temp.rows()) as r;
select results_eq('select missing_here, missing_there, matched from run', 'values (5, 0, 0)',
  'to the reconciliation all five are missing here');
select set_eq(
  $$ select i.kind, i.there_minor, e.object_id from core.reconciliation_items as i join run using (tenant_id, run_id)
       join core.attribution_events as e using (tenant_id, event_id) $$,
  $$ values ('sale', 1000::bigint, 'a'), ('refund', -250, 'r1'), ('sale', 700, 'c') $$,
  'the statement confirms those that say the same');
select results_eq(
  $$ select f.* from t, run as r, api.repair_from_reconciliation(t.tenant_id, r.run_id, p_dry_run => true) as f $$,
  'values (5, 3, 0, 0, 0)', 'a dry run says so and books nothing');
select is_empty('select from core.revenue_ledger join t using (tenant_id)', 'indeed');

-- The webhook of c, confirmed, comes between run and repair.
select is(tap.sell(tenant_id, own, 'c', 700), 'accepted', 'one is verified meanwhile') from t;
select results_eq(
  $$ select f.* from t, run as r, api.repair_from_reconciliation(t.tenant_id, r.run_id) as f $$,
  'values (5, 3, 2, 1, 0)', 'the repair books the other two and finds that one known');
select set_eq(
  $$ select l.kind, l.object_id, l.parent_object_id, l.amount_minor, e.verification
       from core.revenue_ledger as l join t using (tenant_id)
       join core.attribution_events as e on e.tenant_id = l.tenant_id and e.event_id = l.event_id $$,
  $$ values ('sale', 'a', null, 1000::bigint, 'statement'), ('refund', 'r1', 'a', -250, 'statement'),
    ('sale', 'c', null, 700, 'signature') $$,
  'each is booked once, as told by its own event');
select results_eq(
  $$ select f.* from t, run as r, api.repair_from_reconciliation(t.tenant_id, r.run_id) as f $$,
  'values (2, 0, 0, 0, 0)', 'a second repair has nothing to do');

-- Now the webhooks come after all.
select is(tap.sell(tenant_id, own, 'a', 1000), 'duplicate', 'the verified webhook, later, is a duplicate') from t;
select is(tap.give_back(tenant_id, own, 'r1', 'a', 250), 'duplicate', 'so is that of the refund') from t;
select is((select sum(l.amount_minor) from core.revenue_ledger as l join t using (tenant_id)), 1450::numeric,
  'nothing is counted twice');

create temp table again as select r.* from t, tap.reconcile(tenant_id, 'standard', pg_temp.rows()) as r;
select results_eq('select matched, missing_here, missing_there from again', 'values (3, 2, 0)',
  'reconciling again, they match');
select results_eq('select run_id from run', 'select repeats_run_id from again', 'and the run says which one it repeats');

select throws_ok(format('select api.repair_from_reconciliation(%L, %L)', tenant_id, gen_random_uuid()),
  'HL052', null, 'no such run: HL052') from t;
select set_eq(
  $$ select repair, count(*) from core.reconciliation_items join run using (tenant_id, run_id) group by repair $$,
  $$ values ('booked', 2::bigint), ('known', 1), (null, 2) $$, 'each item keeps what was done about it');

select * from finish();
rollback;

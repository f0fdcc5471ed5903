-- The period decides what the statement has to show; a row finds its entry whatever the date.
begin;
select plan(7);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'standard') as own from tap.tenant() as tenant_id;
select results_eq(
  $$ select tap.sell(tenant_id, own, o.id, 100, o.at) from t cross join (values
      ('before', '2026-02-28T23:59:59.999Z'), ('first', '2026-03-01T00:00:00Z'),
      ('last', '2026-03-31T23:59:59.999Z'), ('after', '2026-04-01T00:00:00Z')) as o (id, at) $$,
  $$ select 'accepted' from generate_series(1, 4) $$, 'there are sales at the edges');
create function pg_temp.items_of(p_rows jsonb[], p_period tstzrange default '[2026-03-01 00:00Z, 2026-04-01 00:00Z)')
  returns table (status text, object_id text, is_outside boolean)
  language plpgsql as $$
declare
  v_run_id uuid := (select r.run_id from t, tap.reconcile(t.tenant_id, 'standard', p_rows, p_period) as r);
begin
  return query select i.status, i.object_id, i.outside_period
    from core.reconciliation_items as i join t using (tenant_id) where i.run_id = v_run_id;
end
$$;
select set_eq($$ select * from pg_temp.items_of('{}') $$,
  $$ values ('missing_there', 'first', false), ('missing_there', 'last', false) $$,
  'the beginning is in the period, its end is not');
select set_eq($$ select * from pg_temp.items_of('{}', '[2026-04-01 00:00Z, 2026-05-01 00:00Z)') $$,
  $$ values ('missing_there', 'after', false) $$, 'so months that meet share no entry');
select set_eq(
  $$ select * from pg_temp.items_of(array[
    tap.row_of('sale', 'before', 100, 'EUR', '{"occurred_at": "2026-03-01T00:00:01Z"}'),
    tap.row_of('sale', 'first', 100, 'EUR', '{"occurred_at": "2026-03-02T00:00:01+09:00"}'),
    tap.row_of('sale', 'last', 100, 'EUR', '{"occurred_at": "2026-04-02 00:00:01Z"}'),
    tap.row_of('sale', 'nowhere', 100, 'EUR', '{"occurred_at": "2026-05-02 00:00:01Z"}')]) $$,
  $$ values ('matched', 'before', true), ('matched', 'first', false), ('matched', 'last', false),
    ('missing_here', 'nowhere', false) $$,
  'what the statement dates otherwise is found all the same, and says when it lies outside');

-- Refunds of one sale in two months
select is(tap.give_back(tenant_id, own, 'r1', 'first', 30, '2026-03-05T00:00:00Z'), 'accepted', 'a refund in March') from t;
select is(tap.give_back(tenant_id, own, 'r2', 'first', 20, '2026-04-05T00:00:00Z'), 'accepted', 'another in April') from t;
select set_eq(
  $$ select * from pg_temp.items_of(array[
    tap.row_of('sale', 'first', 100), tap.row_of('sale', 'last', 100),
    tap.row_of('refund', null, 30, 'EUR', '{"parent_object_id": "first"}')]) $$,
  $$ values ('matched', 'first', false), ('matched', 'last', false), ('matched', 'r1', false) $$,
  'the refund of another month is not asked for');

select * from finish();
rollback;

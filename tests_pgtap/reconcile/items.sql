-- What becomes of each row and each ledger entry, and what the run says in sum.
begin;
select plan(16);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'standard') as own from tap.tenant() as tenant_id;
select results_eq(
  $$ select tap.sell(tenant_id, own, o.id, o.minor, p_currency => o.currency) from t cross join (values
      ('same', 1000, 'EUR'), ('more', 2000, 'EUR'), ('yen', 500, 'JPY'), ('only-here', 300, 'EUR'),
      ('parts', 900, 'EUR')) as o (id, minor, currency) $$,
  $$ select 'accepted' from generate_series(1, 5) $$, 'there are five sales');
select is(tap.give_back(tenant_id, own, 'r1', 'same', 250), 'accepted', 'and a refund') from t;

create temp table run as select r.* from t, tap.reconcile(tenant_id, 'standard', array[
  tap.row_of('sale', 'same', 1000),
  tap.row_of('refund', 'r1', 250),
  tap.row_of('sale', 'more', 1999),
  tap.row_of('sale', 'yen', 500, 'EUR'),
  tap.row_of('sale', 'only-there', 700),
  tap.row_of('sale', 'parts', 400),
  tap.row_of('sale', 'parts', 500),
  tap.row_of('fee', 'f', -35),
  '{"kind": "sale", "object_id": "odd", "currency": "EUR", "amount_minor": "ten"}']) as r;
create temp view items as
  select i.* from core.reconciliation_items as i join run using (tenant_id, run_id);

select set_eq(
  $$ select status, kind, object_id, here_currency, here_minor, there_currency, there_minor, row_count
       from items $$,
  $$ values
    ('matched', 'sale', 'same', 'EUR', 1000::bigint, 'EUR', 1000::bigint, 1),
    ('matched', 'refund', 'r1', 'EUR', -250, 'EUR', -250, 1),
    ('amount_differs', 'sale', 'more', 'EUR', 2000, 'EUR', 1999, 1),
    ('currency_differs', 'sale', 'yen', 'JPY', 500, 'EUR', 500, 1),
    ('missing_there', 'sale', 'only-here', 'EUR', 300, null, null, 0),
    ('missing_here', 'sale', 'only-there', null, null, 'EUR', 700, 1),
    ('matched', 'sale', 'parts', 'EUR', 900, 'EUR', 900, 2),
    ('unread', 'sale', null, null, null, 'EUR', null, 1) $$,
  'each row and each entry is in one item, and rows of one object add up');
select results_eq($$ select reason, lines from items where status = 'unread' $$,
  $$ values ('invalid_amount', array[9]) $$, 'an unread row says why and where');
select is(status, 'incomplete', 'a run with an unread row is no success') from run;
select is(balanced, false, 'nor balanced') from run;
select results_eq(
  $$ select row_count, unread_rows, other_rows, duplicate_rows, entry_count, matched, missing_here,
       missing_there, amount_differs, currency_differs from run $$,
  $$ values (9, 1, 1, 0, 6, 3, 1, 1, 1, 1) $$, 'the counts are those of the items');
select is(totals, '[
  {"currency": "EUR", "here_minor": 3950, "there_minor": 4849, "difference_minor": -899, "other_minor": -35},
  {"currency": "JPY", "here_minor": 500, "there_minor": 0, "difference_minor": 500, "other_minor": 0}
]'::jsonb, 'totals are exact, per currency, and never added up') from run;

create temp table even as select r.* from t, tap.reconcile(tenant_id, 'standard', array[
  tap.row_of('sale', 'same', 1000), tap.row_of('refund', 'r1', -250),
  tap.row_of('sale', 'more', 2500), tap.row_of('sale', 'more', 500, 'EUR', '{"reversal": true}'),
  tap.row_of('sale', 'yen', 500, 'jpy'), tap.row_of('sale', 'only-here', 300),
  tap.row_of('sale', 'parts', 900), tap.row_of('payout', null, -5000)]) as r;
select results_eq('select status, balanced from even', $$ values ('succeeded', true) $$,
  'where every row matches the run is balanced, whatever the sign and the case of the statement');
select is(jsonb_path_query_array(totals, '$[*].difference_minor'), '[0, 0]',
  'and the difference is 0 in each currency') from even;

create temp table empty as select r.* from t, tap.reconcile(tenant_id, 'standard', '{}') as r;
select results_eq('select status, balanced, missing_there from empty',
  $$ values ('succeeded', false, 6) $$, 'against an empty statement everything is missing there');
select results_eq(
  $$ select r.status, r.balanced, r.matched, r.totals from t, tap.reconcile(tenant_id, 'paypal', '{}') as r $$,
  $$ values ('succeeded', true, 0, '[]'::jsonb) $$, 'another provider''s ledger is another one');
select results_eq(
  $$ select r.status, r.matched, r.missing_there from t, tap.reconcile(tap.tenant('other'), 'standard',
       array[tap.row_of('sale', 'same', 1000)]) as r $$,
  $$ values ('succeeded', 0, 0) $$, 'and so is another tenant''s');

select is(e.n, 0::bigint, 'the ledger is not changed by any of it')
  from (select count(*) as n from core.revenue_ledger as l join t using (tenant_id)
         where l.booked_at > (select started_at from run)) as e;
select is_empty(
  $$ select from core.reconciliation_items as i join t using (tenant_id)
      where i.status = 'missing_here' and i.event_id is not null $$,
  'without an unverified event nothing is there to be repaired from');
select set_eq('select run_id, count(*) from items group by run_id', 'select run_id, 8::bigint from run',
  'every item belongs to its run');

select * from finish();
rollback;

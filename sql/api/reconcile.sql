-- Compares the ledger with a provider's statement and keeps what it found. Reads one snapshot of
-- the ledger and writes only rows of its own run, so any number may run at once and nothing waits
-- for it; it takes no lock. The same statement may be compared again and again: each run is one of
-- its own and says which earlier one it repeats.
create or replace function api.reconcile(
  p_tenant_id uuid,
  p_provider text,
  p_period tstzrange,
  p_statement jsonb
)
  returns core.reconciliation_runs
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
  set work_mem = '128MB'
as $function$
declare
  v_run core.reconciliation_runs;
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_tenant_exists(p_tenant_id);
  perform core.check_provider(p_provider);
  if (isempty(p_period) or lower_inf(p_period) or upper_inf(p_period)) is not false then
    perform core.raise_error('invalid_period');
  elsif jsonb_typeof(p_statement) is distinct from 'array' then
    perform core.raise_error('invalid_statement');
  elsif jsonb_array_length(p_statement) > 500000 then
    perform core.raise_error('invalid_statement', 'too many rows');
  end if;

  v_run.tenant_id := p_tenant_id;
  v_run.run_id := core.uuid_v7();
  v_run.provider := p_provider;
  v_run.period := p_period;
  v_run.statement_sha256 := sha256(convert_to(p_statement::text, 'UTF8'));
  v_run.row_count := jsonb_array_length(p_statement);
  v_run.started_at := clock_timestamp();
  v_run.started_by := session_user;
  select r.run_id into v_run.repeats_run_id
    from core.reconciliation_runs as r
   where r.tenant_id = p_tenant_id and r.provider = p_provider and r.period = p_period
     and r.statement_sha256 = v_run.statement_sha256
   order by r.started_at desc
   limit 1;

  with found as materialized (
    select f.* from core.compare_statement(p_tenant_id, p_provider, p_period, p_statement) as f
  ),
  stored as (
    insert into core.reconciliation_items (
      tenant_id, run_id, item_no, status, reason, kind, object_id, parent_object_id, here_currency,
      here_minor, there_currency, there_minor, entry_count, row_count, duplicate_rows, lines,
      occurred_at, stated_at, outside_period
    )
    select p_tenant_id, v_run.run_id, row_number() over (), f.status, f.reason, f.kind, f.object_id,
      f.parent_object_id, f.here_currency, f.here_minor, f.there_currency, f.there_minor,
      f.entry_count, f.row_count, f.duplicate_rows, f.lines, f.occurred_at, f.stated_at,
      f.outside_period
      from found as f
     where f.status <> 'other'
  ),
  sides as (
    select f.here_currency as currency, f.here_minor, 0 as there_minor, 0 as other_minor
      from found as f
     where f.here_currency is not null
     union all
    select f.there_currency, 0, case when f.status <> 'other' then f.there_minor else 0 end,
      case when f.status = 'other' then f.there_minor else 0 end
      from found as f
     where f.there_currency is not null and f.status <> 'unread'
  ),
  per_currency as (
    select s.currency, sum(s.here_minor) as here_minor, sum(s.there_minor) as there_minor,
      sum(s.other_minor) as other_minor
      from sides as s
     group by s.currency
  )
  select
    count(*) filter (where f.status = 'unread'),
    coalesce(sum(f.row_count) filter (where f.status = 'other'), 0),
    coalesce(sum(f.duplicate_rows), 0),
    coalesce(sum(f.entry_count), 0),
    count(*) filter (where f.status = 'matched'),
    count(*) filter (where f.status = 'missing_here'),
    count(*) filter (where f.status = 'missing_there'),
    count(*) filter (where f.status = 'amount_differs'),
    count(*) filter (where f.status = 'currency_differs'),
    (select coalesce(jsonb_agg(jsonb_build_object(
        'currency', c.currency, 'here_minor', c.here_minor, 'there_minor', c.there_minor,
        'difference_minor', c.here_minor - c.there_minor, 'other_minor', c.other_minor)
        order by c.currency), '[]')
       from per_currency as c)
    into v_run.unread_rows, v_run.other_rows, v_run.duplicate_rows, v_run.entry_count,
      v_run.matched, v_run.missing_here, v_run.missing_there, v_run.amount_differs,
      v_run.currency_differs, v_run.totals
    from found as f;

  v_run.status := case when v_run.unread_rows = 0 then 'succeeded' else 'incomplete' end;
  v_run.balanced := v_run.unread_rows + v_run.missing_here + v_run.missing_there
    + v_run.amount_differs + v_run.currency_differs = 0;
  perform core.find_confirmed_events(p_tenant_id, v_run.run_id, p_provider);
  v_run.finished_at := clock_timestamp();
  insert into core.reconciliation_runs select v_run.*;
  return v_run;
end
$function$;

comment on function api.reconcile(uuid, text, tstzrange, jsonb) is
$doc$Compares the ledger of a provider and period with the provider's statement; tells the run.
p_statement: array of objects: kind (sale, refund, dispute; fee, payout, adjustment and other are
counted, not compared), object_id, currency, amount_minor (whole number of ISO 4217 minor units,
also as amount; or amount_decimal, a text in major units), and where known parent_object_id (of a
refund its sale), occurred_at (with offset), also_known (other ids of the sale), row_key (id of the
row itself), reversal (true: takes a row of this kind back), line.
The items are in api.reconciliation_items.
Raises: HL002 unknown_tenant, HL003 unknown_provider, HL050 invalid_period, HL051 invalid_statement.
Example: select * from api.reconcile(:tenant, 'paypal', '[2026-03-01Z, 2026-04-01Z)', '[{"kind":
  "sale", "object_id": "3C679366HH908993F", "currency": "EUR", "amount_minor": 1999}]');$doc$;

revoke all on function api.reconcile(uuid, text, tstzrange, jsonb) from public;
grant execute on function api.reconcile(uuid, text, tstzrange, jsonb) to hookledger_dba;

-- Totals hold currencies and numbers. The guard sees to it that they never hold anything else.
create or replace function core.tg_reconciliation_runs__guard_pii()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if core.contains_pii(new.totals) then
    perform core.raise_error('pii_violation', 'totals');
  end if;
  return new;
end
$function$;

comment on function core.tg_reconciliation_runs__guard_pii() is
  'Refuses totals with personal data with 23514';

drop trigger if exists reconciliation_runs__guard_pii on core.reconciliation_runs;
create trigger reconciliation_runs__guard_pii
  before insert or update on core.reconciliation_runs
  for each row execute function core.tg_reconciliation_runs__guard_pii();

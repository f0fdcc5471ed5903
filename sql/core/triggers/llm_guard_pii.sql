-- A policy holds numbers, switches and a time zone; whatever else got there is refused.
create or replace function core.tg_llm_budgets__guard_pii()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if core.contains_pii(new.policy) then
    perform core.raise_error('pii_violation', 'policy');
  end if;
  return new;
end
$function$;

comment on function core.tg_llm_budgets__guard_pii() is
  'Refuses a policy with personal data with 23514';

drop trigger if exists llm_budgets__guard_pii on core.llm_budgets;
create trigger llm_budgets__guard_pii
  before insert or update on core.llm_budgets
  for each row execute function core.tg_llm_budgets__guard_pii();

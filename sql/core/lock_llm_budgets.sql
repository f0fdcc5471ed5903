-- What serialises all decisions and bookings of a tenant: its budgets, locked in the order of their
-- scopes. Which ones were there is told, because one that is created while this waits is not
-- locked and must not count.
-- Locks: every row of core.llm_budgets of the tenant, until the transaction ends.
create or replace function core.lock_llm_budgets(p_tenant_id uuid)
  returns text[]
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if current_setting('transaction_isolation') = 'repeatable read' then
    perform core.raise_error('wrong_isolation');
  end if;
  return coalesce((
    select array_agg(b.scope)
      from (
        select l.scope
          from core.llm_budgets as l
         where l.tenant_id = p_tenant_id
         order by l.scope
           for update
      ) as b), '{}');
end
$function$;

comment on function core.lock_llm_budgets(uuid) is
  'Locks the budgets of a tenant and tells their scopes';

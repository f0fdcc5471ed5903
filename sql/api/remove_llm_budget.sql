-- Takes a limit away. Without any budget that covers a call, the call is refused.
-- Locks: the budgets of the tenant.
create or replace function api.remove_llm_budget(p_tenant_id uuid, p_scope text)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '5s'
as $function$
begin
  perform core.set_tenant(p_tenant_id);
  perform core.lock_llm_budgets(p_tenant_id);
  delete from core.llm_budgets as b where b.tenant_id = p_tenant_id and b.scope = p_scope;
  if not found then
    perform core.raise_error('unknown_llm_budget', format('tenant_id %s', p_tenant_id));
  end if;
  delete from core.llm_circuits as c where c.tenant_id = p_tenant_id and c.scope = p_scope;
  delete from core.llm_budget_usage as u where u.tenant_id = p_tenant_id and u.scope = p_scope;
end
$function$;

comment on function api.remove_llm_budget(uuid, text) is
$doc$Removes a budget. Calls that no other budget covers are refused from then on.
Raises: HL077 unknown_llm_budget, HL009 wrong_isolation.
Example: select api.remove_llm_budget(:tenant, 'model:large-1');$doc$;

revoke all on function api.remove_llm_budget(uuid, text) from public;
grant execute on function api.remove_llm_budget(uuid, text) to hookledger_dba;

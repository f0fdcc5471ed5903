-- How many spike guards are open now, over all tenants: a number for api.health() and the metrics,
-- which tells nothing of any of them. Owned by the operator because it looks across tenants.
set local role hookledger_operator;

create or replace function core.open_llm_circuits()
  returns bigint
  language sql
  stable
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
  select count(c.tenant_id)
    from core.llm_circuits as c
   where c.open_until > clock_timestamp()
$function$;

comment on function core.open_llm_circuits() is
  'How many circuits of LLM budgets are open, of all tenants together';

revoke all on function core.open_llm_circuits() from public;
grant execute on function core.open_llm_circuits() to hookledger_owner;

alter table core.llm_budget_usage enable row level security;
alter table core.llm_budget_usage force row level security;

drop policy if exists llm_budget_usage_all_owner on core.llm_budget_usage;
create policy llm_budget_usage_all_owner on core.llm_budget_usage
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

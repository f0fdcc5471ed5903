alter table core.llm_budgets enable row level security;
alter table core.llm_budgets force row level security;

drop policy if exists llm_budgets_all_owner on core.llm_budgets;
create policy llm_budgets_all_owner on core.llm_budgets
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

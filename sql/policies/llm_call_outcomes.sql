alter table core.llm_call_outcomes enable row level security;
alter table core.llm_call_outcomes force row level security;

drop policy if exists llm_call_outcomes_all_owner on core.llm_call_outcomes;
create policy llm_call_outcomes_all_owner on core.llm_call_outcomes
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

-- Immutable: the owner itself may only add and read (core.tg_llm_call_outcomes__refuse_change is
-- the second line).
revoke update, delete, truncate on core.llm_call_outcomes from hookledger_owner;

alter table core.llm_call_audit enable row level security;
alter table core.llm_call_audit force row level security;

drop policy if exists llm_call_audit_all_owner on core.llm_call_audit;
create policy llm_call_audit_all_owner on core.llm_call_audit
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

-- Immutable: the owner itself may only add and read (core.tg_llm_call_audit__refuse_change is the
-- second line).
revoke update, delete, truncate on core.llm_call_audit from hookledger_owner;

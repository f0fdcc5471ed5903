alter table core.revenue_ledger enable row level security;
alter table core.revenue_ledger force row level security;

drop policy if exists revenue_ledger_all_owner on core.revenue_ledger;
create policy revenue_ledger_all_owner on core.revenue_ledger
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

-- Append-only: the owner itself may only add and read (core.tg_revenue_ledger__refuse_change is the
-- second line).
revoke update, delete, truncate on core.revenue_ledger from hookledger_owner;

alter table core.reconciliation_items enable row level security;
alter table core.reconciliation_items force row level security;

drop policy if exists reconciliation_items_all_owner on core.reconciliation_items;
create policy reconciliation_items_all_owner on core.reconciliation_items
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

alter table core.delivery_proofs enable row level security;
alter table core.delivery_proofs force row level security;

drop policy if exists delivery_proofs_all_owner on core.delivery_proofs;
create policy delivery_proofs_all_owner on core.delivery_proofs
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

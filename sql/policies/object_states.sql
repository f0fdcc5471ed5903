alter table core.object_states enable row level security;
alter table core.object_states force row level security;

drop policy if exists object_states_all_owner on core.object_states;
create policy object_states_all_owner on core.object_states
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

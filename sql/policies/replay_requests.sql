alter table core.replay_requests enable row level security;
alter table core.replay_requests force row level security;

drop policy if exists replay_requests_all_owner on core.replay_requests;
create policy replay_requests_all_owner on core.replay_requests
  to hookledger_owner
  using (tenant_id = (select core.current_tenant()))
  with check (tenant_id = (select core.current_tenant()));

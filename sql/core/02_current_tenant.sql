-- The tenant that the row-level security policies let through. Inside Hookledger's functions
-- current_user is the owner: the transaction-local setting counts, which each function sets itself.
-- In a view, current_user is the login that asks: a reporting login is bound by core.tenant_logins,
-- so setting the GUC by hand changes nothing for it. A BEGIN ATOMIC body is resolved now, so that a
-- reader needs no right on the schema; and no search_path can change what it means, so none is set:
-- the planner then puts the expression in the place of the call, which every policy makes.
create or replace function core.current_tenant()
  returns uuid
  language sql
  stable
  parallel safe
  security invoker
begin atomic
  select case
    when current_user in ('hookledger_owner', 'hookledger_operator')
      or not pg_has_role(session_user, 'hookledger_reader', 'member')
      or pg_has_role(session_user, 'hookledger_dba', 'member')
    then nullif(current_setting('app.current_tenant_id', true), '')::uuid
    else core.bound_tenant()
  end;
end;

comment on function core.current_tenant() is
  'The tenant of this session: the GUC app.current_tenant_id, or the binding of a reporting login';

revoke all on function core.current_tenant() from public;
grant execute on function core.current_tenant()
  to hookledger_owner, hookledger_operator, hookledger_dba, hookledger_worker, hookledger_reader;

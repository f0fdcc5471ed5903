-- Orders and payments of the session's tenant, as last known.
create or replace view api.objects with (security_barrier) as
  select o.provider, o.object_id, o.status, o.occurred_at, o.changed_at
  from core.object_states as o
  where o.tenant_id = (select core.current_tenant());

comment on view api.objects is
  'The latest known state of each order and payment, in the provider''s own word';

revoke all on api.objects from public;
grant select on api.objects to hookledger_dba, hookledger_reader;

-- What the comparisons of the session's tenant found, item by item.
create or replace view api.reconciliation_items with (security_barrier) as
  select
    i.run_id, i.item_no, i.status, i.reason, i.kind, i.object_id, i.parent_object_id,
    i.here_currency, i.here_minor, i.there_currency, i.there_minor, i.entry_count, i.row_count,
    i.duplicate_rows, i.lines, i.occurred_at, i.stated_at, i.outside_period, i.event_id, i.repair,
    i.repaired_at
  from core.reconciliation_items as i
  where i.tenant_id = (select core.current_tenant());

comment on view api.reconciliation_items is
  'What a run found: matched, missing_here, missing_there, amount_differs, currency_differs, '
  'unread; amounts in ISO 4217 minor units';

revoke all on api.reconciliation_items from public;
grant select on api.reconciliation_items to hookledger_dba, hookledger_reader;

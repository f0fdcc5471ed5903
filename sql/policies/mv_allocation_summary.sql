-- A materialized view has no row-level security: only the owner reads it, for the view
-- api.allocation_summary, which names the tenant.
set local role hookledger_operator;
grant select on core.mv_allocation_summary to hookledger_owner;

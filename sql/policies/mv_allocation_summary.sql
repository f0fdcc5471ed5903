-- A materialized view has no row-level security, so nobody but its owner may read it.
set local role hookledger_operator;
revoke all on core.mv_allocation_summary from public;

-- Shared: one row that says when the summary was refreshed, written by the refresh.
grant select, insert, update on core.summary_refreshes to hookledger_operator;

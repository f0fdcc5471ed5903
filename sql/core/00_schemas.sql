-- Who may name what: callers see api; nothing in core but what a grant below names.
comment on schema core is 'Tables and internal functions; callers have no right here';
comment on schema api is 'What callers may use: functions and views';

revoke all on schema core, api from public;
grant usage on schema api to hookledger_shim, hookledger_worker, hookledger_dba, hookledger_reader;
grant usage, create on schema core, api to hookledger_operator;

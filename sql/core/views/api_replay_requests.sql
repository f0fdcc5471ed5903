-- The replays that were asked for, of the session's tenant.
create or replace view api.replay_requests with (security_barrier) as
  select
    r.request_key, r.requested_at, r.requested_by, r.matched, r.replayed, r.skipped, r.failed,
    r.first_error
  from core.replay_requests as r
  where r.tenant_id = (select core.current_tenant());

comment on view api.replay_requests is
  'Which replays were asked for under which key and what they did, of the session''s tenant';

revoke all on api.replay_requests from public;
grant select on api.replay_requests to hookledger_dba, hookledger_reader;

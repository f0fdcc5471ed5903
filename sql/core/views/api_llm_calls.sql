-- Every decision about a model call of the session's tenant, with what became of it.
create or replace view api.llm_calls with (security_barrier) as
  select
    a.audit_id, a.request_id, a.correlation_id, a.purpose, a.requested_model, a.granted_model,
    a.action, a.reason, a.input_tokens as estimated_input_tokens, a.max_output_tokens,
    a.estimated_micros, a.resets_at, a.decided_at,
    coalesce(s.outcome, o.outcome) as outcome, s.input_tokens, s.output_tokens, s.settled_micros,
    s.is_late, s.exceeds_reservation, s.overdraws_budget,
    coalesce(s.booked_at, o.booked_at) as ended_at
  from core.llm_call_audit as a
  left join core.llm_call_outcomes as s
    on s.tenant_id = a.tenant_id and s.audit_id = a.audit_id and s.outcome = 'settled'
  left join core.llm_call_outcomes as o
    on o.tenant_id = a.tenant_id and o.audit_id = a.audit_id and o.outcome <> 'settled'
  where a.tenant_id = (select core.current_tenant());

comment on view api.llm_calls is
  'Decisions about model calls of the session''s tenant, denials included, with their real cost';

revoke all on api.llm_calls from public;
grant select on api.llm_calls to hookledger_dba, hookledger_reader;

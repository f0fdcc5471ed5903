-- Model calls. Prices are one micro per input token and two per output token for the dear model, a
-- tenth of that for the cheap one, so that a test can count them in its head.

create or replace function tap.llm_prices()
  returns void
  language sql
as $function$
  insert into core.llm_model_pricing
  values
    ('dear', '2000-01-01 00:00:00+00', 1000000, 2000000, true, 'cheap'),
    ('cheap', '2000-01-01 00:00:00+00', 100000, 200000, false, null)
  on conflict do nothing
$function$;
comment on function tap.llm_prices() is 'Prices of dear (premium) and cheap, its fallback';

create or replace function tap.ask_llm(
  p_tenant_id uuid,
  p_request_id text,
  p_tokens bigint,
  p_now timestamptz default null,
  p_model text default 'cheap',
  p_ttl interval default '10 minutes',
  p_purpose text default null
)
  returns text
  language plpgsql
as $function$
declare
  v_decision core.llm_decision;
begin
  perform set_config('app.current_tenant_id', p_tenant_id::text, true);
  v_decision := core.decide_llm_call(
    p_tenant_id, p_request_id, p_model, p_tokens, 0, p_ttl, p_purpose, null, p_now);
  return concat_ws(' ', v_decision.action, v_decision.model, v_decision.reason);
end
$function$;
comment on function tap.ask_llm(uuid, text, bigint, timestamptz, text, interval, text) is
  'Decides at a given moment about a call with so many input tokens: action, model, reason';

create or replace function tap.llm_resets_at(p_tenant_id uuid, p_request_id text)
  returns timestamptz
  language sql
as $function$
  select a.resets_at
    from core.llm_call_audit as a
   where a.tenant_id = p_tenant_id and a.request_id = p_request_id
   order by a.decided_at desc, a.audit_id desc
   limit 1
$function$;
comment on function tap.llm_resets_at(uuid, text) is 'When the last denial of a request ends';

create or replace function tap.spend_on_llm(p_tenant_id uuid)
  returns void
  language plpgsql
as $function$
begin
  perform tap.llm_prices();
  perform api.create_llm_key(p_tenant_id);
  perform api.set_llm_budget(p_tenant_id, 'all', 'day', 1000000, '{"calls_per_minute": 100}');
  perform api.reserve_llm_call(p_tenant_id, 'call-1', 'cheap', 1000, 1000);
  perform api.settle_llm_call(p_tenant_id, 'call-1', 900, 800);
  perform api.reserve_llm_call(p_tenant_id, 'call-2', 'cheap', 1000, 1000);
end
$function$;
comment on function tap.spend_on_llm(uuid) is
  'Gives a tenant a row in every table about model calls';

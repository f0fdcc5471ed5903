-- Why an event counts to a channel: the answer that attribution gets, with its reasons. Within a
-- transaction that sets a rule and is rolled back it tells what the rule would change.
create or replace function api.explain_channel(
  p_tenant_id uuid,
  p_event_id uuid,
  out channel_code text,
  out decided_by text,
  out rule_name text,
  out rule_version integer,
  out source text,
  out medium text,
  out campaign text,
  out referrer_host text
)
  returns setof record
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
begin
  perform core.set_tenant(p_tenant_id);
  return query
    select c.*
      from core.attribution_events as e
     cross join lateral core.normalize_channel(
       p_tenant_id, e.channel, e.utm_source, e.utm_medium, e.utm_campaign, e.referrer,
       e.landing_page, e.provider) as c
     where e.tenant_id = p_tenant_id and e.event_id = p_event_id;
end
$function$;

comment on function api.explain_channel(uuid, uuid) is
$doc$The channel of an event by the rules in force, and why; no row: no such event of the tenant.
decided_by: event (stated itself), tenant or default (by rule_name and rule_version), nothing (no
rule fits). source, medium and campaign are what the rules saw.
Raises: HL002 unknown_tenant for null.
Example: select * from api.explain_channel(:tenant, :event);$doc$;

revoke all on function api.explain_channel(uuid, uuid) from public;
grant execute on function api.explain_channel(uuid, uuid) to hookledger_dba;

-- Ends a rule; its versions stay. Locks: the advisory lock on the tenant's rules.
create or replace function api.drop_channel_rule(p_tenant_id uuid, p_rule_name text)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz;
begin
  perform core.set_tenant(p_tenant_id);
  perform pg_advisory_xact_lock(hashtextextended('core.channel_rules ' || p_tenant_id, 0));
  v_now := clock_timestamp();
  update core.channel_rules as r
     set valid_to = v_now
   where r.tenant_id = p_tenant_id and r.rule_name = p_rule_name and r.valid_to is null;
  if not found then
    perform core.raise_error('unknown_channel_rule');
  end if;
end
$function$;

comment on function api.drop_channel_rule(uuid, text) is
$doc$Ends a tenant's own channel rule; its versions are kept, and it can be set again.
Raises: HL032 unknown_channel_rule.
Example: select api.drop_channel_rule(:tenant, 'partners');$doc$;

revoke all on function api.drop_channel_rule(uuid, text) from public;
grant execute on function api.drop_channel_rule(uuid, text) to hookledger_dba;

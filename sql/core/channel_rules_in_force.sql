-- A tenant's rules, in the order in which they are tried and with patterns for LIKE, as one value:
-- whoever asks for the channels of many touches fetches it once. Null where the tenant has none.
-- Needs the tenant to be set by its caller.
create or replace function core.channel_rules_in_force(p_tenant_id uuid)
  returns core.channel_rules[]
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_rules core.channel_rules[] := (
    select array_agg(r order by r.priority, r.rule_name collate "C")
      from core.channel_rules as r
     where r.tenant_id = p_tenant_id and r.valid_to is null);
  v_rule core.channel_rules;
begin
  for v_index in 1 .. coalesce(cardinality(v_rules), 0) loop
    v_rule := v_rules[v_index];
    v_rule.sources := core.like_patterns(v_rule.sources);
    v_rule.mediums := core.like_patterns(v_rule.mediums);
    v_rule.campaigns := core.like_patterns(v_rule.campaigns);
    v_rule.referrers := core.like_patterns(v_rule.referrers);
    v_rule.landing_pages := core.like_patterns(v_rule.landing_pages);
    v_rule.channels := core.like_patterns(v_rule.channels);
    v_rules[v_index] := v_rule;
  end loop;
  return v_rules;
end
$function$;

comment on function core.channel_rules_in_force(uuid) is
  'The rules of a tenant that are in force, in order; null: none';

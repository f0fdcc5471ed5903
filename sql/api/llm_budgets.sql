-- The state of a tenant's budgets, for people. It takes no lock and writes nothing: what has
-- expired but is not yet let go of is left out, as the next decision would.
create or replace function api.llm_budgets(p_tenant_id uuid)
  returns table (
    scope text, period text, cap_micros bigint, settled_micros numeric, reserved_micros numeric,
    remaining_micros numeric, resets_at timestamptz, circuit text, circuit_closes_at timestamptz,
    circuit_openings bigint, policy jsonb
  )
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_tenant_exists(p_tenant_id);
  return query
    select s.scope, s.period, s.cap_micros, s.settled_micros, s.reserved_micros - e.micros,
        s.cap_micros - s.settled_micros - s.reserved_micros + e.micros, s.resets_at,
        case
          when not s.policy ?| array['calls_per_minute', 'cost_micros_per_minute'] then 'none'
          when s.open_until > v_now then 'open'
          else 'closed'
        end,
        case when s.open_until > v_now then s.open_until end,
        coalesce(c.opened_count, 0), s.policy
      from unnest(core.read_llm_budgets(
          p_tenant_id,
          array(select b.scope from core.llm_budgets as b where b.tenant_id = p_tenant_id),
          v_now)) as s
      left join core.llm_circuits as c on c.tenant_id = p_tenant_id and c.scope = s.scope
     cross join lateral (
        select coalesce(sum(r.reserved_micros), 0) as micros
          from core.llm_reservations as r
         where r.tenant_id = p_tenant_id and r.status = 'reserved' and r.expires_at <= v_now
           and s.scope = any (r.scopes) and r.decided_at >= s.counts_from
      ) as e
     order by s.scope;
end
$function$;

comment on function api.llm_budgets(uuid) is
$doc$The budgets of a tenant: cap, what is settled, reserved and left, when all of it resets.
resets_at: the end of the day or month; of a rolling window, when all that counts now is out of it.
circuit: none (no limit per minute), closed or open, then until circuit_closes_at.
Raises: HL002 unknown_tenant.
Example: select * from api.llm_budgets(:tenant);$doc$;

revoke all on function api.llm_budgets(uuid) from public;
grant execute on function api.llm_budgets(uuid) to hookledger_dba;

-- The policy a budget may have, in one place. Unknown keys are refused, so a typing error cannot
-- quietly leave a limit out.
create or replace function core.check_llm_policy(p_period text, p_policy jsonb)
  returns void
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_key text;
begin
  if p_policy is null or jsonb_typeof(p_policy) <> 'object' then
    perform core.raise_error('invalid_llm_policy', 'the policy must be a JSON object');
  end if;
  select s.key into v_key
    from jsonb_each(p_policy) as s
   where case
      when s.key in ('allow_fallback', 'allow_premium') then jsonb_typeof(s.value) <> 'boolean'
      when s.key = 'window' then p_period <> 'rolling' or s.value not in ('"24h"', '"30d"')
      when s.key = 'timezone' then p_period = 'rolling' or jsonb_typeof(s.value) <> 'string'
        or not exists (select from pg_timezone_names as z where z.name = s.value #>> '{}')
      when s.key in ('calls_per_minute', 'cost_micros_per_minute', 'circuit_seconds') then
        (s.value #>> '{}') !~ '^[1-9][0-9]{0,16}$' or jsonb_typeof(s.value) <> 'number'
          or s.key = 'circuit_seconds' and s.value > '86400'
      else true
    end
   order by s.key
   limit 1;
  if found then
    perform core.raise_error('invalid_llm_policy', 'key ' || left(v_key, 63));
  end if;
end
$function$;

comment on function core.check_llm_policy(text, jsonb) is
  'Refuses unknown keys and values of a budget''s policy with HL072, naming the key';

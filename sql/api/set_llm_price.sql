-- Prices are kept with the time from which they count, so that what was decided can be explained.
-- The row that says the same as the one in force is not written again.
create or replace function api.set_llm_price(
  p_model text,
  p_input_micros bigint,
  p_output_micros bigint,
  p_premium boolean default false,
  p_fallback_model text default null,
  p_valid_from timestamptz default null
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_now timestamptz := clock_timestamp();
  v_bad text := case
    when p_model is null or not core.is_plain_name(p_model) then 'p_model'
    when p_input_micros between 0 and 1000000000000 is not true then 'p_input_micros'
    when p_output_micros between 0 and 1000000000000 is not true then 'p_output_micros'
    when p_premium is null then 'p_premium'
    when p_fallback_model = p_model or not core.is_plain_name(p_fallback_model)
      then 'p_fallback_model'
    when p_valid_from < v_now or not isfinite(p_valid_from) then 'p_valid_from'
  end;
begin
  if v_bad is not null then
    perform core.raise_error('invalid_llm_price', v_bad);
  end if;
  if p_valid_from is null and exists (
    select
      from (
        select m.input_micros, m.output_micros, m.premium, m.fallback_model
          from core.llm_model_pricing as m
         where m.model = p_model and m.valid_from <= v_now
         order by m.valid_from desc
         limit 1
      ) as p
     where (p.input_micros, p.output_micros, p.premium, p.fallback_model)
       is not distinct from (p_input_micros, p_output_micros, p_premium, p_fallback_model))
  then
    return;
  end if;
  insert into core.llm_model_pricing as m (
    model, valid_from, input_micros, output_micros, premium, fallback_model
  )
  values (
    p_model, coalesce(p_valid_from, v_now), p_input_micros, p_output_micros, p_premium,
    p_fallback_model
  )
  on conflict (model, valid_from) do update
    set input_micros = excluded.input_micros,
        output_micros = excluded.output_micros,
        premium = excluded.premium,
        fallback_model = excluded.fallback_model;
end
$function$;

comment on function api.set_llm_price(text, bigint, bigint, boolean, text, timestamptz) is
$doc$Sets what a model costs, for every tenant: millionths of the currency per million tokens.
p_fallback_model: what may be granted in its place; a chain may have eight models, a cycle ends it.
p_valid_from: a time to come (default: now). Calls that are granted keep their price.
Raises: HL070 invalid_llm_price (DETAIL names the argument).
Example: select api.set_llm_price('large-1', 3000000, 15000000, true, 'small-1');$doc$;

revoke all on function api.set_llm_price(text, bigint, bigint, boolean, text, timestamptz)
  from public;
grant execute on function api.set_llm_price(text, bigint, bigint, boolean, text, timestamptz)
  to hookledger_dba;

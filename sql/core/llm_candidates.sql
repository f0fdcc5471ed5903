-- The requested model and the chain behind it, each with its price of that moment. A model that
-- comes again ends the chain, so does one without a price, and so does its eighth member. Without a
-- row for the requested model there is none at all.
create or replace function core.llm_candidates(p_model text, p_at timestamptz)
  returns table (
    rank integer, model text, input_micros bigint, output_micros bigint, premium boolean
  )
  language plpgsql
  stable
  rows 2
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_next text := p_model;
  v_seen text[] := array[]::text[];
  v_price core.llm_model_pricing;
begin
  while v_next is not null and v_next <> all (v_seen) and cardinality(v_seen) < 8 loop
    select p.* into v_price
      from core.llm_model_pricing as p
     where p.model = v_next and p.valid_from <= p_at
     order by p.valid_from desc
     limit 1;
    exit when not found;
    rank := cardinality(v_seen);
    model := v_price.model;
    input_micros := v_price.input_micros;
    output_micros := v_price.output_micros;
    premium := v_price.premium;
    return next;
    v_seen := v_seen || v_next;
    v_next := v_price.fallback_model;
  end loop;
end
$function$;

comment on function core.llm_candidates(text, timestamptz) is
  'A model (rank 0) and its fallbacks with their prices; cycles end the chain';

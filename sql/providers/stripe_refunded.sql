-- charge.refunded tells all that was refunded of a charge so far. This refund alone is the
-- difference to data.previous_attributes.amount_refunded; old fixtures without it list their
-- refunds, newest first; where neither is there the amount stays cumulative and the booking
-- subtracts what it has.
create or replace function core.stripe_refunded(
  p_payload jsonb,
  out amount jsonb,
  out is_cumulative boolean
)
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_refunded jsonb := p_payload #> '{data,object,amount_refunded}';
  v_before jsonb := p_payload #> '{data,previous_attributes,amount_refunded}';
  v_newest jsonb := p_payload #> '{data,object,refunds,data,0,amount}';
begin
  if v_refunded is null or v_refunded = 'null' then
    perform core.raise_error('missing_field', 'data.object.amount_refunded');
  elsif jsonb_typeof(v_refunded) <> 'number' or v_refunded #>> '{}' !~ '^[0-9]+$'
    or jsonb_typeof(coalesce(v_before, '0')) <> 'number' or v_before #>> '{}' !~ '^[0-9]+$'
  then
    perform core.raise_error('invalid_amount', 'data.object.amount_refunded');
  elsif greatest(length(v_refunded #>> '{}'), length(v_before #>> '{}')) > 18 then
    perform core.raise_error('amount_out_of_range', 'data.object.amount_refunded');
  end if;
  is_cumulative := v_before is null and v_newest is null;
  amount := case
    when v_before is not null then
      to_jsonb(greatest((v_refunded #>> '{}')::bigint - (v_before #>> '{}')::bigint, 0))
    else coalesce(v_newest, v_refunded)
  end;
end
$function$;

comment on function core.stripe_refunded(jsonb) is
$doc$Amount of a charge.refunded in Stripe's minor unit, and whether it is the sum so far.
Raises: missing_field, invalid_amount, amount_out_of_range.$doc$;

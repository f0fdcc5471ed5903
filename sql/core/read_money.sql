-- An amount in ISO 4217 minor units, exactly. Decimal texts and JSON numbers are in major units;
-- p_minor_unit_of names a provider that sends integers in its own minor unit, which differs from
-- ISO 4217's for the currencies of core.provider_currency_exponents. What does not come out whole
-- is refused: there is no rounding.
create or replace function core.read_money(
  p_amount jsonb,
  p_currency jsonb,
  p_field text,
  p_minor_unit_of text default null,
  out currency text,
  out amount_minor bigint
)
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_text text := p_amount #>> '{}';
  v_exponent integer;
  v_minor numeric;
begin
  if v_text is null or v_text = '' then
    perform core.raise_error('missing_field', p_field);
  end if;
  currency := upper(p_currency #>> '{}');
  if currency is null or currency = '' then
    perform core.raise_error('currency_missing', p_field);
  end if;
  -- To shift by: the whole exponent from major units, the difference from a provider's minor unit.
  v_exponent := core.usual_exponent(currency);
  if v_exponent is null then
    select c.exponent
        - case when p_minor_unit_of is null then 0 else coalesce(e.exponent, c.exponent) end
      into v_exponent
      from core.currencies as c
      left join core.provider_currency_exponents as e
        on e.provider = p_minor_unit_of and e.currency = c.currency
     where c.currency = read_money.currency;
    if not found then
      perform core.raise_error('currency_unknown', p_field);
    end if;
  elsif p_minor_unit_of is not null then
    v_exponent := 0;  -- all providers count these as ISO 4217 does
    if jsonb_typeof(p_amount) = 'number' and length(v_text) <= 15
      and translate(v_text, '0123456789', '') = ''
    then
      amount_minor := v_text::bigint;  -- as nearly all are: nothing to shift or to refuse
      return;
    end if;
  end if;

  if jsonb_typeof(p_amount) not in ('string', 'number') or v_text !~ '^-?[0-9]+([.][0-9]+)?$' then
    perform core.raise_error('invalid_amount', p_field);
  elsif length(split_part(v_text, '.', 2)) > 20 then
    perform core.raise_error('invalid_amount', p_field);
  elsif length(split_part(v_text, '.', 1)) > 20 then
    perform core.raise_error('amount_out_of_range', p_field);
  end if;
  v_minor := v_text::numeric * power(10::numeric, v_exponent);
  if abs(v_minor) > 1e15 then
    perform core.raise_error('amount_out_of_range', p_field);
  elsif v_minor <> trunc(v_minor)
    or p_minor_unit_of is not null and position('.' in trim_scale(v_text::numeric)::text) > 0
  then
    perform core.raise_error('invalid_amount', p_field);
  end if;
  amount_minor := v_minor::bigint;
end
$function$;

comment on function core.read_money(jsonb, jsonb, text, text) is
$doc$Currency and amount in ISO 4217 minor units.
Raises: currency_missing, currency_unknown, missing_field,
invalid_amount, amount_out_of_range.$doc$;

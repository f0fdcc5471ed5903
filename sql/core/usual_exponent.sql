-- The exponents that most amounts need, without the query that core.currencies costs. Only
-- currencies that every provider counts as ISO 4217 does; tests_pgtap/read_money compares them with
-- the tables.
create or replace function core.usual_exponent(p_currency text)
  returns integer
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return case
    when p_currency in ('USD', 'EUR', 'GBP', 'CAD', 'AUD', 'CHF', 'CNY', 'SEK', 'PLN', 'BRL') then 2
    when p_currency in ('KRW', 'JPY') then 0
  end;
end
$function$;

comment on function core.usual_exponent(text) is
  'The ISO 4217 exponent of a frequent currency; null for others: look into core.currencies';

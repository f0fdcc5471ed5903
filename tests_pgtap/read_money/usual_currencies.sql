-- The exponents that are read without a query are those of the tables.
begin;
select plan(2);

select results_eq(
  'select currency, core.usual_exponent(currency) from core.currencies
    where core.usual_exponent(currency) is not null order by currency',
  'select c.currency, c.exponent::integer from core.currencies as c
    where c.currency = any (array[''AUD'', ''BRL'', ''CAD'', ''CHF'', ''CNY'', ''EUR'', ''GBP'', ''JPY'', ''KRW'',
      ''PLN'', ''SEK'', ''USD''])
    order by c.currency',
  'the usual exponents are those of core.currencies');
select is_empty(
  'select * from core.provider_currency_exponents where core.usual_exponent(currency) is not null',
  'no provider counts a usual currency in another unit');

select * from finish();
rollback;

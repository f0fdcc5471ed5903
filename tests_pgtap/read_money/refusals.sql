-- What is no exact amount in a known currency is refused with its code; nothing is rounded or guessed.
begin;
select plan(45);

select throws_ok(
  format('select core.read_money(%L, to_jsonb(%L::text), ''total_price'')', c.amount, c.currency),
  c.sqlstate, null, c.name
)
from (values
  ('"10.005"', 'USD', 'HL113', 'half a cent is no whole number of minor units'),
  ('10.005', 'USD', 'HL113', 'half a cent as a JSON number neither'),
  ('"1500.50"', 'JPY', 'HL113', 'yen have no decimals'),
  ('"1000.01"', 'KRW', 'HL113', 'won have no decimals'),
  ('"12.3456"', 'KWD', 'HL113', 'dinars have no fourth decimal'),
  ('"9.50"', 'ISK', 'HL113', 'krona have no decimals'),
  ('1e-99', 'USD', 'HL113', 'next to nothing is no whole number of minor units'),
  ('"NaN"', 'USD', 'HL113', 'NaN is no amount'),
  ('"Infinity"', 'USD', 'HL113', 'Infinity is no amount'),
  ('"-Infinity"', 'USD', 'HL113', 'minus Infinity is no amount'),
  ('"1e3"', 'USD', 'HL113', 'a text in exponent notation is no amount'),
  ('"0x10"', 'USD', 'HL113', 'hexadecimal is no amount'),
  ('"1_000"', 'USD', 'HL113', 'grouped digits are no amount'),
  ('"12,50"', 'USD', 'HL113', 'a decimal comma is no amount'),
  ('"1,000.00"', 'USD', 'HL113', 'a thousands separator is no amount'),
  ('"$12.00"', 'USD', 'HL113', 'a currency sign is no amount'),
  ('"10."', 'USD', 'HL113', 'a point needs decimals'),
  ('".5"', 'USD', 'HL113', 'a point needs a whole part'),
  ('"+5.00"', 'USD', 'HL113', 'a plus sign is not sent by anybody'),
  ('" 10.00"', 'USD', 'HL113', 'blanks around an amount are refused'),
  (E'"10.00\\n"', 'USD', 'HL113', 'a line end behind an amount is refused'),
  (U&'"\FF11\FF12"', 'USD', 'HL113', 'full-width digits are refused'),
  ('true', 'USD', 'HL113', 'true is no amount'),
  ('{"amount": "10.00"}', 'USD', 'HL113', 'an object is no amount'),
  ('["10.00"]', 'USD', 'HL113', 'an array is no amount'),
  ('""', 'USD', 'HL111', 'an empty text is a missing amount'),
  ('null', 'USD', 'HL111', 'JSON null is a missing amount'),
  (null, 'USD', 'HL111', 'an absent member is a missing amount'),
  ('"99999999999999999999.00"', 'USD', 'HL114', 'twenty digits are out of range'),
  ('99999999999999999999', 'USD', 'HL114', 'twenty digits as a JSON number are out of range'),
  ('"-99999999999999999999.00"', 'USD', 'HL114', 'so are twenty digits below zero'),
  ('"92233720368547758.08"', 'USD', 'HL114', 'more than 64 bits is out of range'),
  ('"10000000000000.01"', 'USD', 'HL114', 'one more than ten to the fifteenth minor units is out of range')
) as c (amount, currency, sqlstate, name);

select throws_ok(
  $$select core.read_money(to_jsonb(repeat('9', 2000)), '"USD"', 'total_price')$$,
  'HL114', null, 'two thousand digits are out of range'
);

select throws_ok(
  format('select core.read_money(''"10.00"'', %L, ''total_price'')', c.currency), c.sqlstate, null, c.name
)
from (values
  (null, 'HL116', 'an absent currency is missing'),
  ('null', 'HL116', 'a null currency is missing'),
  ('""', 'HL116', 'an empty currency is missing'),
  ('"ZZZ"', 'HL117', 'a code that ISO 4217 does not have is unknown'),
  ('"XXX"', 'HL117', 'the code for no currency is no currency'),
  ('"USDX"', 'HL117', 'four letters are unknown'),
  ('"U$D"', 'HL117', 'a sign among the letters is unknown'),
  ('" USD"', 'HL117', 'a blank before the code is unknown'),
  ('840', 'HL117', 'the numeric code of a currency is unknown'),
  ('{"code": "USD"}', 'HL117', 'an object is unknown')
) as c (currency, sqlstate, name);

prepare refused as select core.read_money('"secret-12"', '"USD"', 'total_price');
select throws_ok(
  'refused', 'HL113', 'an amount is no whole number of minor units', 'the message is constant and repeats no value'
);

select * from finish();
rollback;

-- Decimal texts and JSON numbers are in major units; the minor unit is ISO 4217's.
begin;
select plan(22);

select is(
  (select m.currency || ' ' || m.amount_minor
     from core.read_money(c.amount::jsonb, to_jsonb(c.currency), 'total_price') as m),
  c.expected,
  c.name
)
from (values
  ('"10.00"', 'EUR', 'EUR 1000', 'a decimal text of two digits becomes cents'),
  ('"10"', 'EUR', 'EUR 1000', 'a text without decimals becomes cents'),
  ('"10.5"', 'EUR', 'EUR 1050', 'one decimal is enough'),
  ('"10.5000"', 'EUR', 'EUR 1050', 'trailing zeros do not matter'),
  ('"0.01"', 'USD', 'USD 1', 'one cent is one'),
  ('"0.00"', 'USD', 'USD 0', 'nothing is zero'),
  ('10.5', 'EUR', 'EUR 1050', 'a JSON number is in major units as well'),
  ('89.99', 'EUR', 'EUR 8999', 'a JSON number is read exactly, not as binary floating point'),
  ('0.29', 'USD', 'USD 29', '0.29 times 100 is 29, which floating point would miss'),
  ('1.1e2', 'USD', 'USD 11000', 'a JSON number with a small exponent is an ordinary number'),
  ('"-10.00"', 'EUR', 'EUR -1000', 'a sign is kept: the caller decides what it means'),
  ('"1000.00"', 'KRW', 'KRW 1000', 'zero-decimal won may be written with zeros'),
  ('"1500"', 'JPY', 'JPY 1500', 'zero-decimal yen are yen'),
  ('"9"', 'ISK', 'ISK 9', 'ISO 4217 gives the Icelandic krona no decimals'),
  ('"5"', 'UGX', 'UGX 5', 'ISO 4217 gives the Ugandan shilling no decimals'),
  ('"9.00"', 'MGA', 'MGA 900', 'ISO 4217 gives the Malagasy ariary two decimals'),
  ('"1.234"', 'KWD', 'KWD 1234', 'the Kuwaiti dinar has three decimals'),
  ('"12.5"', 'BHD', 'BHD 12500', 'the Bahraini dinar has three decimals'),
  ('"0.0001"', 'CLF', 'CLF 1', 'the unidad de fomento has four decimals'),
  ('"10.00"', 'eur', 'EUR 1000', 'a lower-case currency is the same currency'),
  ('"10.00"', 'Usd', 'USD 1000', 'a mixed-case currency is the same currency'),
  ('"10000000000000.00"', 'USD', 'USD 1000000000000000', 'ten to the fifteenth minor units are still an amount')
) as c (amount, currency, expected, name);

select * from finish();
rollback;

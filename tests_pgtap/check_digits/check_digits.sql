-- Check digits of card numbers (the payment industry's public test numbers), IBANs and Korean resident numbers.
begin;
select plan(24);

select is(core.is_luhn_valid(c.digits), c.expected, c.name)
from (values
  ('4111111111111111', true, 'a card number of 16 digits'),
  ('378282246310005', true, 'a card number of 15 digits'),
  ('30569309025904', true, 'a card number of 14 digits'),
  ('79927398713', true, 'the worked example of the algorithm'),
  ('4111111111111112', false, 'a wrong last digit'),
  ('4111111111111121', false, 'two digits swapped'),
  ('79927398710', false, 'the worked example with a wrong digit'),
  (null, null, 'nothing')
) as c (digits, expected, name);

select is(core.is_iban_valid(c.iban), c.expected, c.name)
from (values
  ('DE89370400440532013000', true, 'a German IBAN'),
  ('GB82WEST12345698765432', true, 'a British IBAN with letters'),
  ('MT84MALT011000012345MTLCAST001S', true, 'a Maltese IBAN of 31 characters'),
  ('NO9386011117947', true, 'a Norwegian IBAN of 15 characters'),
  ('DE88370400440532013000', false, 'wrong check digits'),
  ('DE89370400440532013001', false, 'a wrong account'),
  (null, null, 'no IBAN')
) as c (iban, expected, name);

select is(core.is_rrn_valid(c.digits), c.expected, c.name)
from (values
  ('9001011234568', true, 'a resident number of the twentieth century'),
  ('8502292123453', true, 'a second one'),
  ('0112314123456', true, 'one of the twenty-first century'),
  ('9001011234567', false, 'a wrong check digit'),
  ('9013011234568', false, 'a month that does not exist'),
  ('9001321234568', false, 'a day that does not exist'),
  ('9001019234568', false, 'a seventh digit that nobody has'),
  ('900101123456', false, 'twelve digits'),
  (null, null, 'no resident number')
) as c (digits, expected, name);

select * from finish();
rollback;

-- Ids keep every digit: Shopify's go beyond 2^53, where binary floating point rounds.
begin;
select plan(22);

select is(core.read_id(c.value::jsonb, 'id'), c.expected, c.name)
from (values
  ('820982911946154508', '820982911946154508', 'a 64-bit number keeps every digit'),
  ('9007199254740993', '9007199254740993', 'the first number that a double cannot hold is exact'),
  ('18446744073709551615', '18446744073709551615', 'the largest unsigned 64-bit number is exact'),
  ('1', '1', 'a small number'),
  ('"pi_3MtwBwLkdIwHu7ix28a3tqPa"', 'pi_3MtwBwLkdIwHu7ix28a3tqPa', 'a text id'),
  ('"820982911946154508"', '820982911946154508', 'a number given as text')
) as c (value, expected, name);

select is(length(core.read_id(to_jsonb(repeat('a', 128)), 'id')), 128, 'an id may have 128 characters');

select throws_ok(format('select core.read_id(%L, ''id'')', c.value), c.sqlstate, null, c.name)
from (values
  (null, 'HL111', 'an absent id is missing'),
  ('null', 'HL111', 'a null id is missing'),
  ('""', 'HL111', 'an empty id is missing'),
  ('1.5', 'HL112', 'a fraction is no id'),
  ('1.0', 'HL112', 'a float is no id even where it is whole'),
  ('-1', 'HL112', 'a negative number is no id'),
  ('true', 'HL112', 'true is no id'),
  ('{"id": 1}', 'HL112', 'an object is no id'),
  ('[1]', 'HL112', 'an array is no id'),
  ('"someone@example.com"', 'HL112', 'a mail address is no id'),
  ('"two words"', 'HL112', 'a text with a blank is no id'),
  ('"1\n2"', 'HL112', 'a text of two lines is no id'),
  ('"1\n"', 'HL112', 'a line end behind an id is refused'),
  ('"é"', 'HL112', 'a letter beyond ASCII is no id')
) as c (value, sqlstate, name);

select throws_ok(
  $$select core.read_id(to_jsonb(repeat('a', 129)), 'id')$$, 'HL112', null,
  'an id of 129 characters is refused: an index entry must hold it'
);

select * from finish();
rollback;

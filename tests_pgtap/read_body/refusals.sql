-- Every way in which bytes are no acceptable JSON object, each with its code.
begin;
select plan(35);

create temp table bodies (sqlstate text, name text, body bytea);
insert into bodies
select c.sqlstate, c.name, convert_to(c.body, 'UTF8')
from (values
  ('HL102', 'an empty body is no JSON', ''),
  ('HL102', 'blanks are no JSON', '   '),
  ('HL102', 'a truncated body is no JSON', '{"id":1,"note":"a'),
  ('HL102', 'two documents are no JSON', '{"id":1}{"id":1}'),
  ('HL102', 'a trailing comma is no JSON', '{"id":1,}'),
  ('HL102', 'single quotes are no JSON', '{''id'':1}'),
  ('HL102', 'NaN is no JSON', '{"a":NaN}'),
  ('HL102', 'a form is no JSON', 'id=1&total=2'),
  ('HL102', 'a byte order mark is no JSON', U&'\FEFF{"id":1}'),
  ('HL102', 'a bare control character is no JSON', E'{"a":"b\tc"}'),
  ('HL102', 'a lone high surrogate is no JSON', '{"a":"\ud83d"}'),
  ('HL102', 'a lone low surrogate is no JSON', '{"a":"\ude00"}'),
  ('HL103', 'null is no object', 'null'),
  ('HL103', 'true is no object', 'true'),
  ('HL103', 'a number is no object', '42'),
  ('HL103', 'a text is no object', '"text"'),
  ('HL103', 'an array is no object', '[{"id":1}]'),
  ('HL104', 'an escaped NUL character cannot be stored', '{"a":"b\u0000c"}'),
  ('HL104', 'an escaped NUL character in a key cannot be stored', '{"a\u0000b":1}'),
  ('HL105', '33 levels of nesting are too deep', '{"a":' || repeat('[', 32) || '1' || repeat(']', 32) || '}'),
  ('HL105', '100 levels of nesting are too deep', repeat('{"a":', 100) || '1' || repeat('}', 100)),
  ('HL105', '100,000 levels of nesting are too deep', repeat('[', 100000) || repeat(']', 100000)),
  ('HL107', 'a key named twice is refused', '{"a":1,"a":1}'),
  ('HL107', 'a key named twice deep inside is refused', '{"x":[{"y":{"a":1,"b":2,"a":3}}]}'),
  ('HL107', 'a key named twice under two spellings is refused', '{"a":1,"\u0061":2}'),
  ('HL108', 'an exponent of 400 is refused', '{"a":1e400}'),
  ('HL108', 'an exponent of 131072 is refused', '{"x":[1E+131072]}'),
  ('HL108', 'an exponent of minus 9999 is refused: its text has ten thousand characters', '{"a":1e-9999}')
) as c (sqlstate, name, body);

insert into bodies
select 'HL106', 'a body with 20001 keys is refused',
  convert_to('{"x":{' || string_agg(format('"k%s":"%s"', i, 'x'), ',') || '}}', 'UTF8')
from generate_series(1, 20000) as i;

insert into bodies values
  ('HL101', 'Latin-1 is no UTF-8', convert_to('{"a":"caf', 'UTF8') || '\xe9'::bytea || convert_to('"}', 'UTF8')),
  ('HL101', 'an encoded surrogate is no UTF-8', '\x7b2261223a22eda0bd227d'),
  ('HL101', 'an overlong encoding is no UTF-8', '\x7b2261223a22c0af227d'),
  ('HL101', 'a character cut in two is no UTF-8', '\x7b2261223a22e282227d'),
  ('HL101', 'UTF-16 is no UTF-8', '\xfffe7b007d00');

select throws_ok(format('select core.read_body(%L::bytea)', b.body), b.sqlstate, null, b.name)
from bodies as b
order by b.sqlstate, b.name;

select throws_ok(
  $$select core.read_body('\x7b22612200223a317d')$$, 'HL104', null, 'a raw NUL byte is refused'
);

select * from finish();
rollback;

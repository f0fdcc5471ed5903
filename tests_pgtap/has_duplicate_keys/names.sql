-- jsonb would silently keep the last of two members of one name. Both implementations (before and since
-- PostgreSQL 16) must agree on these.
begin;
select plan(19);

select is(core.has_duplicate_keys(c.body), c.expected, c.name)
from (values
  ('{}', false, 'an empty object'),
  ('{"a": 1, "b": 2}', false, 'two names'),
  ('{"a": {"a": {"a": 1}}}', false, 'one name on three levels'),
  ('[{"a": 1}, {"a": 2}]', false, 'one name in two objects of an array'),
  ('{"a": 1, "A": 2}', false, 'names differ by case'),
  ('{"a": "\"b\": 1, \"b\": 2"}', false, 'members inside a text are text'),
  ('{"a": "x:y:z", "b": "::"}', false, 'colons inside texts are text'),
  ('{"a:b": 1, "a": 2}', false, 'a colon inside a name belongs to the name'),
  ('{"a\\": 1, "a": 2}', false, 'a name that ends with a backslash is another name'),
  ('{"": 1}', false, 'one empty name'),
  ('{"a": 1, "a": 2}', true, 'one name twice'),
  ('{"a": 1, "a": 1}', true, 'one name twice with the same value'),
  ('{"a" :1 , "b":2, "a"	: 3}', true, 'one name twice with blanks around'),
  ('{"x": [1, {"y": {"a": 1, "a": 2}}]}', true, 'one name twice deep inside'),
  ('{"a": 1, "\u0061": 2}', true, 'one name in two spellings'),
  ('{"a": {"b": 1}, "a": {"c": 1}}', true, 'one name twice with objects'),
  ('{"": 1, "": 2}', true, 'the empty name twice'),
  ('{"a:b": 1, "a:b": 2}', true, 'a name with a colon twice'),
  ('{"a\"b": 1, "a\"b": 2}', true, 'a name with a quote twice')
) as c (body, expected, name);

select * from finish();
rollback;

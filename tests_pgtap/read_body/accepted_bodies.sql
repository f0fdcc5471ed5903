-- A body is read exactly; what only looks bad is read as well.
begin;
select plan(13);

select is(core.read_body(convert_to(c.body, 'UTF8')), c.expected::jsonb, c.name)
from (values
  ('{}', '{}', 'an empty object'),
  (E'{\n  "a": [\n\n  ]\n}', '{"a": []}', 'a pretty-printed body with an empty array on three lines'),
  ('{"id":820982911946154508}', '{"id": 820982911946154508}', 'a 64-bit id keeps every digit'),
  ('{"url":"https:\/\/example.com\/"}', '{"url": "https://example.com/"}', 'escaped slashes'),
  ('{"a":"\u0026"}', '{"a": "&"}', 'an escaped ampersand'),
  ('{"a":"\ud83d\ude00"}', '{"a": "😀"}', 'a surrogate pair'),
  ('{"a":"a\\u0000b"}', '{"a": "a\\u0000b"}', 'a backslash before u0000 is no NUL character'),
  ('{"a":"part 1e400"}', '{"a": "part 1e400"}', 'an absurd exponent inside a text is only text'),
  ('{"a":"say \"1e400\" aloud"}', '{"a": "say \"1e400\" aloud"}', 'so it is behind an escaped quote'),
  ('{"a":1.5e3}', '{"a": 1500}', 'a small exponent is an ordinary number'),
  ('{"a":{"x":1},"b":{"x":1}}', '{"a": {"x": 1}, "b": {"x": 1}}', 'two objects may use one name')
) as c (body, expected, name);

select is(
  core.read_body(convert_to('{"a":' || repeat('[', 31) || repeat(']', 31) || '}', 'UTF8'))::text,
  '{"a": ' || repeat('[', 31) || repeat(']', 31) || '}',
  '32 levels of nesting are read'
);

select is(
  (select count(*)
     from jsonb_object_keys(core.read_body(convert_to(
       (select '{' || string_agg(format('"k%s":"%s"', i, repeat('x', 100)), ',') || '}'
          from generate_series(1, 1000) as i), 'UTF8')))),
  1000::bigint,
  'a large body with 1000 keys in an object is read'
);

select * from finish();
rollback;

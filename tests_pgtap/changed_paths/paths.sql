-- A dead letter says where personal data was found, by path, and never what it was.
begin;
select plan(7);

select is(core.changed_paths(c.before::jsonb, core.redact_json(c.before::jsonb)), c.expected, c.name)
from (values
  ('{"a": 1}', null, 'nothing changed'),
  ('{"email": "zebulon@example.com"}', 'email', 'a member'),
  ('{"a": {"b": [1, {"first_name": "Zebulon"}]}}', 'a.b.1.first_name', 'a member deep inside'),
  ('{"b": "zebulon@example.com", "a": ["x", "212-555-0143"]}', 'a.1, b', 'two, in order'),
  ('{"zebulon@example.com": 1}', '[key]', 'a key that is itself personal data'),
  ('{"zebulon@example.com": {"x": 1, "y": 2}}', '[key].x, [key].y', 'and what it holds')
) as c (before, expected, name);

select is(
  (select cardinality(string_to_array(core.changed_paths(d.before, core.redact_json(d.before)), ', '))
     from (select jsonb_object_agg('key_' || i, 'zebulon' || i || '@example.com') from generate_series(1, 50) as i) as d (before)),
  10, 'ten at most'
);

select * from finish();
rollback;

-- Of each object in a list only the named members are kept.
begin;
select plan(7);

select is(core.pick_items(c.items::jsonb, '{id,price}'), c.expected::jsonb, c.name)
from (values
  ('[{"id": 2, "price": "1.00", "name": "x"}, {"price": "2.00", "id": 1}]', '[{"id": 2, "price": "1.00"}, {"id": 1, "price": "2.00"}]',
    'the order of the list stays'),
  ('[{"id": 1}]', '[{"id": 1}]', 'a member that is not there is not made up'),
  ('[1, "x", null, [], {"id": 1}]', '[{"id": 1}]', 'what is no object goes'),
  ('[]', null, 'an empty list is none'),
  ('{"id": 1}', null, 'an object is no list'),
  ('null', null, 'null is no list'),
  (null, null, 'nothing is no list')
) as c (items, expected, name);

select * from finish();
rollback;

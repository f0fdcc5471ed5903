-- Of each object in a list only the named members are kept.
begin;
select plan(12);

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

-- What items have besides is tried first, and looked up where there is more.
select is(core.pick_from_items(c.items::jsonb, '{id,price}', '{name,note}'), c.expected::jsonb, c.name)
from (values
  ('[{"id": 1, "name": "x"}, {"id": 2, "note": "x", "price": null}]', '[{"id": 1}, {"id": 2, "price": null}]', 'what items usually have besides goes'),
  ('[{"id": 1, "x": "x"}, {"id": 2, "name": "x"}, {"y": 1, "price": 3}]', '[{"id": 1}, {"id": 2}, {"price": 3}]', 'so does what is not usual'),
  ('[{"name": 1}, {"x": 1}, {}]', '[null, null, null]', 'of an object without any of the keys its place stays')
) as c (items, expected, name);

select is(core.pick_from_items(jsonb_build_array(w.wide, '{"id": 2, "x": 1}'::jsonb), '{id,price}', '{name}'),
  '[{"id": 1, "price": 2}, {"id": 2}]', 'an object with very many members is reduced as well')
from (select jsonb_object_agg('k' || i, i) || '{"id": 1, "price": 2}' as wide from generate_series(1, 200) as i) as w;
select is(core.pick_from_items(jsonb_build_array(w.wide), '{id}', '{}'), '[null]', 'so it is without any of the keys')
from (select jsonb_object_agg('k' || i, i) as wide from generate_series(1, 200) as i) as w;

select * from finish();
rollback;

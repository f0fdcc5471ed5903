-- A utm value as rules compare it.
begin;
select no_plan();

select is(core.clean_tag(c.value), c.expected,
  coalesce('"' || c.value || '"', 'null') || ' is ' || coalesce('"' || c.expected || '"', 'none'))
from (values
  (null, null), ('', null), ('  ', null), ('(none)', null), ('(not set)', null), ('(Direct)', null),
  ('null', null), ('undefined', null), ('Google', 'google'), (' CPC ', 'cpc'), ('e+mail', 'e mail'),
  ('e%20mail', 'e mail'), ('E%2DMAIL', 'e-mail'), ('a   b', 'a b'), ('google+', 'google+'),
  ('+', '+'), ('100%', '100%'), ('%zz', '%zz'), ('%ff', '%ff'), ('Größe', 'größe'), (E'a\tb', 'a b'),
  ('summer_sale-2026', 'summer_sale-2026')
) as c (value, expected);

select * from finish();
rollback;

-- Which platform's click id a landing page came with.
begin;
select no_plan();

select is(core.click_id(c.url), c.expected, coalesce(c.url, 'null') || ' has '
  || coalesce(c.expected, 'none'))
from (values
  (null, null), ('', null), ('/', null), ('/?', null), ('/?utm_source=gclid', null), ('/gclid', null),
  ('/?xgclid=1', null), ('/?gclidx', null), ('/#?gclid=1', null), ('/?gclid', 'gclid'),
  ('/?gclid=abc', 'gclid'), ('/?GCLID=abc', 'gclid'), ('/?a=b&gbraid', 'gbraid'),
  ('https://example.com/?wbraid&x', 'wbraid'), ('/?fbclid&gclid', 'gclid'),
  ('/?srsltid&fbclid', 'fbclid'), ('/?msclkid', 'msclkid'), ('/?ttclid', 'ttclid'),
  ('/?twclid', 'twclid'), ('/?li_fat_id', 'li_fat_id'), ('/?dclid', 'dclid'),
  ('/?srsltid', 'srsltid'), ('/?a=gclid&b=1', null)
) as c (url, expected);
select is(core.click_id(core.clean_url('https://example.com/?x=1&gclid=secret')), 'gclid',
  'the name that is stored of one is enough');

select * from finish();
rollback;

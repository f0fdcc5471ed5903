-- Of a body that cannot be read only its shape is kept: letters as x, digits as #, keys of a short list.
begin;
select plan(41);

select is(core.mask_body(convert_to(c.body, 'UTF8')), c.expected, c.name)
from (values
  ('{"id":12,"note":"Jane', '{"id":##,"xxxx":"xxxx', 'a truncated body keeps known keys and loses its values'),
  ('{"total_price" : "10.50",}', '{"total_price" : "##.##",}', 'digits of amounts become #'),
  ('{"Jane Doe":1}', '{"xxxx xxx":#}', 'a key that is none of the known ones is masked'),
  ('{"someone@example.com":1}', '{"xxxxxxxxxxxxxxx.xxx":#}', 'a mail address as a key is masked'),
  ('email=someone%40example.com', 'xxxxx=xxxxxxxx##xxxxxxx.xxx', 'a form is masked whole'),
  ('["someone@example.com","+1 212 555 0143"]', '["xxxxxxxxxxxxxxx.xxx","x# ### ### ####"]', 'an array is masked'),
  ('{"note":"größe"}', '{"xxxx":"xxxxxxx"}', 'each byte beyond ASCII becomes an x'),
  ('{"data":[true,{"jane":null}]}', '{"data":[xxxx,{"xxxx":xxxx}]}', 'structure stays, words become x')
) as c (body, expected, name);

select is(core.mask_body(''), null, 'of an empty body nothing is kept');
select is(
  core.mask_body('\x7b22616765223a22ff00e922'::bytea), '{"xxx":"xxx"', 'bytes that are no text, and NUL, become x'
);
select is(
  length(core.mask_body(convert_to(repeat('someone@example.com ', 1000), 'UTF8'))), 2000,
  'only the first 2000 bytes are kept'
);

select unalike(
  core.mask_body(convert_to(c.body, 'UTF8')), '%' || s.sentinel || '%', format('%s does not survive %s', s.sentinel, c.name)
)
from (values
  ('{"customer":{"first_name":"Zebulon","email":"zebulon@example.com","phone":"+12125550143","card":"4111111111111111"',
    'a truncated body'),
  ('{"a":"Zebulon" "zebulon@example.com" +12125550143 4111111111111111}', 'a body without commas'),
  ('Zebulon <zebulon@example.com> +12125550143 4111111111111111', 'a body that is no JSON'),
  ('{''name'': ''Zebulon'', ''email'': ''zebulon@example.com'', ''n'': [12125550143, 4111111111111111]}', 'single quotes'),
  ('{"a":"\"Zebulon\" zebulon@example.com 12125550143 4111111111111111"', 'escaped quotes'),
  (E'{"a":"Zebulon\nzebulon@example.com\n12125550143\n4111111111111111', 'lines')
) as c (body, name)
cross join (values ('Zebulon'), ('zebulon'), ('example.com'), ('2125550143'), ('4111')) as s (sentinel);

select * from finish();
rollback;

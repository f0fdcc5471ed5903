-- A utm value is trimmed, bounded and dropped when it is shaped like personal data.
begin;
select plan(13);

select is(core.clean_label(c.label), c.expected, c.name)
from (values
  (null, null, 'nothing is nothing'),
  ('', null, 'an empty label is none'),
  ('   ', null, 'blanks are none'),
  ('  google ', 'google', 'blanks around a label go'),
  ('spring sale 2026', 'spring sale 2026', 'words stay'),
  ('größe', 'größe', 'letters beyond ASCII stay'),
  ('120210123456789012', '120210123456789012', 'a campaign number stays'),
  ('someone@example.com', null, 'a mail address is dropped'),
  ('hello someone@example.com', null, 'a text with a mail address is dropped'),
  ('+1 212 555 0143', null, 'a telephone number is dropped'),
  ('4111 1111 1111 1111', null, 'a card number is dropped')
) as c (label, expected, name);

select is(length(core.clean_label(repeat('a', 5000))), 200, 'a label is cut to 200 characters');

select ok(
  coalesce(core.clean_label(E'spring\tsale\x1b[31m'), '') !~ '[[:cntrl:]]',
  'control characters are not stored'
);

select * from finish();
rollback;

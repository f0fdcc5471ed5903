-- A provider's time in Unix seconds; nothing before 2000 or from 2100 on is believed.
begin;
select plan(21);

set local timezone = 'Asia/Tokyo';

select is(
  to_char(core.read_unix_time(c.value::jsonb, 'created') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
  c.expected,
  c.name
)
from (values
  ('1772600767', '2026-03-04T05:06:07.000000', 'whole seconds'),
  ('1772600767.5', '2026-03-04T05:06:07.500000', 'seconds with a fraction'),
  ('946684800', '2000-01-01T00:00:00.000000', 'the first second of 2000'),
  ('4102444799', '2099-12-31T23:59:59.000000', 'the last second of 2099')
) as c (value, expected, name);

select throws_ok(format('select core.read_unix_time(%L, ''created'')', c.value), c.sqlstate, null, c.name)
from (values
  (null, 'HL111', 'an absent time is missing'),
  ('null', 'HL111', 'a null time is missing'),
  ('""', 'HL111', 'an empty time is missing'),
  ('946684799', 'HL115', 'the last second before 2000 is not believed'),
  ('4102444800', 'HL115', 'the first second of 2100 is not believed'),
  ('1772600767000', 'HL115', 'Unix milliseconds are not believed'),
  ('1772600767000000', 'HL115', 'Unix microseconds are not believed'),
  ('0', 'HL115', 'the beginning of Unix time is not believed'),
  ('-1', 'HL115', 'a time before Unix time is not believed'),
  ('99999999999999999999', 'HL115', 'twenty digits are no time'),
  ('1e300', 'HL115', 'an absurd number is no time'),
  ('1e-90', 'HL115', 'next to nothing is no time'),
  ('"1772600767"', 'HL115', 'a text is no number of seconds'),
  ('"2026-03-04T05:06:07Z"', 'HL115', 'an ISO 8601 text is no number of seconds'),
  ('true', 'HL115', 'true is no time'),
  ('{"at": 1}', 'HL115', 'an object is no time'),
  ('[1772600767]', 'HL115', 'an array is no time')
) as c (value, sqlstate, name);

select * from finish();
rollback;

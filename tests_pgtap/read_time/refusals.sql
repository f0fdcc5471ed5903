-- A time is refused rather than guessed; nothing before 2000 or from 2100 on is believed.
begin;
select plan(30);

select throws_ok(format('select core.read_time(%L, ''created'')', c.value), c.sqlstate, null, c.name)
from (values
  (null, 'HL111', 'an absent time is missing'),
  ('null', 'HL111', 'a null time is missing'),
  ('""', 'HL111', 'an empty time is missing'),
  ('"2026-03-04T05:06:07"', 'HL115', 'a text without offset is not guessed'),
  ('"2026-03-04"', 'HL115', 'a date is no time'),
  ('"05:06:07Z"', 'HL115', 'a time without date is refused'),
  ('"now"', 'HL115', 'now is no time of a provider'),
  ('"yesterday"', 'HL115', 'yesterday is no time of a provider'),
  ('"epoch"', 'HL115', 'epoch is no time of a provider'),
  ('"infinity"', 'HL115', 'infinity is no time'),
  ('"soon"', 'HL115', 'a word is no time'),
  ('"1772600767"', 'HL115', 'Unix seconds as a text are no ISO 8601'),
  ('"2026-13-45T00:00:00Z"', 'HL115', 'there is no 13th month'),
  ('"2026-02-30T00:00:00Z"', 'HL115', 'there is no 30th of February'),
  ('"2026-03-04T25:00:00Z"', 'HL115', 'there is no 25th hour'),
  ('"2026-03-04T05:61:00Z"', 'HL115', 'there is no 61st minute'),
  ('"2026-03-04T05:06:07+99:99"', 'HL115', 'there is no such offset'),
  ('"2026-03-04T05:06:07Z\n"', 'HL115', 'a line end behind the time is refused'),
  ('"2026-03-04T05:06:07 Europe/Berlin"', 'HL115', 'a zone name is refused'),
  (U&'"\FF12\FF10\FF12\FF16-03-04T05:06:07Z"', 'HL115', 'full-width digits are refused'),
  ('"1999-12-31T23:59:59Z"', 'HL115', 'the last second before 2000 is not believed'),
  ('"2100-01-01T00:00:00Z"', 'HL115', 'the first moment of 2100 is not believed'),
  ('"0001-01-01T00:00:00Z"', 'HL115', 'the year 1 is not believed'),
  ('"9999-12-31T23:59:59Z"', 'HL115', 'the year 9999 is not believed'),
  ('"300000-01-01T00:00:00Z"', 'HL115', 'a year beyond the server''s calendar is refused'),
  ('1772600767', 'HL115', 'a number is no ISO 8601 text'),
  ('true', 'HL115', 'true is no time'),
  ('{"at": 1}', 'HL115', 'an object is no time'),
  ('[1772600767]', 'HL115', 'an array is no time')
) as c (value, sqlstate, name);

select throws_ok(
  $$select core.read_time('"2026-02-30T00:00:00"', 'created', 'UTC')$$,
  'HL115', null, 'a date that does not exist is refused in a named zone too'
);

select * from finish();
rollback;

-- A provider's time as ISO 8601 with its offset; without one only in the zone the caller names.
begin;
select plan(15);

set local timezone = 'Asia/Tokyo';
set local datestyle = 'SQL, DMY';

select is(
  to_char(core.read_time(c.value::jsonb, 'created', c.zone) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
  c.expected,
  c.name
)
from (values
  ('"2026-03-04T05:06:07Z"', null, '2026-03-04T05:06:07.000000', 'a text in UTC'),
  ('"2026-03-04T06:06:07+01:00"', null, '2026-03-04T05:06:07.000000', 'a text with an offset to the east'),
  ('"2026-03-04T00:06:07-05:00"', null, '2026-03-04T05:06:07.000000', 'a text with an offset to the west'),
  ('"2026-03-04T00:06:07-0500"', null, '2026-03-04T05:06:07.000000', 'an offset without a colon'),
  ('"2026-03-04 14:06:07+09:00"', null, '2026-03-04T05:06:07.000000', 'a blank between date and time'),
  ('"2026-03-04T05:06Z"', null, '2026-03-04T05:06:00.000000', 'a text without seconds'),
  ('"2026-03-04T05:06:07.123Z"', null, '2026-03-04T05:06:07.123000', 'milliseconds'),
  ('"2026-03-04T05:06:07.123456789Z"', null, '2026-03-04T05:06:07.123457', 'nanoseconds, to the microsecond'),
  ('"2026-03-04T05:06:07"', 'UTC', '2026-03-04T05:06:07.000000', 'no offset, in the named zone UTC'),
  ('"2026-03-04T14:06:07.5"', 'Asia/Seoul', '2026-03-04T05:06:07.500000', 'no offset, in the named zone of Seoul'),
  ('"2026-03-04T05:06:07Z"', 'Asia/Seoul', '2026-03-04T05:06:07.000000', 'an offset in the text goes before the zone'),
  ('"2026-04-03T05:06:07Z"', null, '2026-04-03T05:06:07.000000', 'the month comes before the day whatever DateStyle says'),
  ('"2000-01-01T00:00:00Z"', null, '2000-01-01T00:00:00.000000', 'the first moment of 2000'),
  ('"2099-12-31T23:59:59Z"', null, '2099-12-31T23:59:59.000000', 'the last second of 2099'),
  ('"2028-02-29T00:00:00Z"', null, '2028-02-29T00:00:00.000000', 'a leap day')
) as c (value, zone, expected, name);

select * from finish();
rollback;

-- Where a day, a month and a rolling window begin and end, at every edge that clocks have.
begin;
select no_plan();

create function pg_temp.w(p_period text, p_policy jsonb, p_at timestamptz) returns text
  language sql as $$
  select format('%s | %s | %s', w.counts_from at time zone 'UTC', w.bucket_start at time zone 'UTC',
    w.resets_at at time zone 'UTC')
    from core.llm_window(p_period, p_policy, p_at) as w
$$;

-- The session's own time zone changes nothing.
set local timezone = 'Pacific/Apia';

select is(pg_temp.w(period, policy::jsonb, at::timestamptz), format('%s | %s | %s', frm, frm, til),
  what)
  from (values
    ('day', '{}', '2026-03-01 23:59:59.999999+00', '2026-03-01 00:00:00', '2026-03-02 00:00:00',
      'the last microsecond of a day is that day'),
    ('day', '{}', '2026-03-02 00:00:00+00', '2026-03-02 00:00:00', '2026-03-03 00:00:00',
      'midnight is the next day'),
    ('day', '{"timezone": "Asia/Seoul"}', '2026-03-01 15:00:00+00', '2026-03-01 15:00:00',
      '2026-03-02 15:00:00', 'a day of Seoul begins at 15:00 UTC'),
    ('day', '{"timezone": "Asia/Kathmandu"}', '2026-03-01 18:14:59+00', '2026-02-28 18:15:00',
      '2026-03-01 18:15:00', 'a zone of three quarters of an hour'),
    ('day', '{"timezone": "America/New_York"}', '2026-03-08 12:00:00+00', '2026-03-08 05:00:00',
      '2026-03-09 04:00:00', 'the day on which the clocks go forward has 23 hours'),
    ('day', '{"timezone": "America/New_York"}', '2026-11-01 05:30:00+00', '2026-11-01 04:00:00',
      '2026-11-02 05:00:00', 'the day on which they go back has 25'),
    ('day', '{"timezone": "America/New_York"}', '2026-11-01 06:30:00+00', '2026-11-01 04:00:00',
      '2026-11-02 05:00:00', 'and the hour that comes twice is the same day both times'),
    ('day', '{"timezone": "Pacific/Apia"}', '2011-12-31 09:59:00+00', '2011-12-30 10:00:00',
      '2011-12-31 10:00:00', 'after a day that was left out'),
    ('month', '{}', '2026-02-28 23:59:59+00', '2026-02-01 00:00:00', '2026-03-01 00:00:00',
      'the end of February'),
    ('month', '{}', '2028-02-29 12:00:00+00', '2028-02-01 00:00:00', '2028-03-01 00:00:00',
      'the 29th of February'),
    ('month', '{}', '2026-01-31 12:00:00+00', '2026-01-01 00:00:00', '2026-02-01 00:00:00',
      'a month of 31 days'),
    ('month', '{}', '2026-12-31 23:59:59+00', '2026-12-01 00:00:00', '2027-01-01 00:00:00',
      'the end of the year'),
    ('month', '{"timezone": "Europe/Berlin"}', '2026-03-31 22:00:00+00', '2026-03-31 22:00:00',
      '2026-04-30 22:00:00', 'a month of Berlin in summer'),
    ('month', '{"timezone": "Europe/Berlin"}', '2026-03-15 12:00:00+00', '2026-02-28 23:00:00',
      '2026-03-31 22:00:00', 'a month in which the clocks change')
  ) as c (period, policy, at, frm, til, what);

select is(pg_temp.w('rolling', '{}', '2026-03-02 10:07:00+00'),
  '2026-03-01 10:00:00 | 2026-03-02 10:00:00 | 2026-03-03 10:15:00',
  'a rolling day counts in quarters of an hour, the oldest wholly');
select is(pg_temp.w('rolling', '{"window": "30d"}', '2026-03-31 10:07:00+00'),
  '2026-03-01 06:00:00 | 2026-03-31 06:00:00 | 2026-04-30 12:00:00',
  'thirty rolling days count in quarters of a day');

-- No moment is without its day, and days follow each other without gap or overlap.
select is_empty(
  format($$ select t.at
       from generate_series(timestamptz '2026-01-01', '2027-01-01', '37 minutes') as t (at)
      cross join lateral core.llm_window('day', '{"timezone": "%s"}', t.at) as w
      cross join lateral core.llm_window('day', '{"timezone": "%1$s"}', w.resets_at) as n
      where t.at < w.bucket_start or t.at >= w.resets_at or n.bucket_start <> w.resets_at $$, zone),
  'every moment of a year lies in its day of ' || zone || ', and the next follows')
  from unnest(array['UTC', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe',
    'Africa/Cairo', 'America/Santiago']) as zone;

select * from finish();
rollback;

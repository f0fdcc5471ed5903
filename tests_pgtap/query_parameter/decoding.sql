-- One parameter of a URL, percent-decoded; what cannot be decoded stays encoded, personal data is dropped.
begin;
select plan(31);

select is(core.query_parameter(c.url, 'utm_source'), c.expected, c.name)
from (values
  (null, null, 'no URL has no parameter'),
  ('', null, 'an empty URL has no parameter'),
  ('/a', null, 'a URL without query has none'),
  ('/a?utm_medium=cpc', null, 'another parameter is not it'),
  ('/a?utm_source=google', 'google', 'the only parameter'),
  ('https://example.com/a?x=1&utm_source=google&y=2', 'google', 'one of several'),
  ('/a?utm_source=google#utm_source=bing', 'google', 'a fragment ends the query'),
  ('/a#?utm_source=bing', null, 'a fragment is no query'),
  ('/a?xutm_source=bing', null, 'a name that only ends like it is another one'),
  ('/a?utm_source_id=bing', null, 'a name that only begins like it is another one'),
  ('/a?utm_source=first&utm_source=second', 'first', 'the first of two counts'),
  ('/a?utm_source=', null, 'an empty value is none'),
  ('/a?utm_source=a=b', 'a=b', 'an equals sign belongs to the value'),
  ('/a?utm_source=spring%20sale', 'spring sale', 'a percent-encoded blank'),
  ('/a?utm_source=spring+sale', 'spring sale', 'a plus is a blank'),
  ('/a?utm_source=a%2Bb', 'a+b', 'an encoded plus is a plus'),
  ('/a?utm_source=a%26b', 'a&b', 'an encoded ampersand is part of the value'),
  ('/a?utm_source=gr%C3%B6%c3%9fe', 'größe', 'UTF-8 behind percent signs, in either case'),
  ('/a?utm_source=größe', 'größe', 'letters beyond ASCII that are not encoded'),
  ('/a?utm_source=größe%21', 'größe!', 'encoded and not encoded together'),
  ('/a?utm_source=100%', '100%', 'a percent sign at the end stays'),
  ('/a?utm_source=100%25', '100%', 'an encoded percent sign'),
  ('/a?utm_source=%zz', '%zz', 'a percent sign before no digits stays'),
  ('/a?utm_source=%4', '%4', 'a percent sign before one digit stays'),
  ('/a?utm_source=%ff', '%ff', 'what is not UTF-8 stays encoded'),
  ('/a?utm_source=a%00b', 'a%00b', 'a NUL character stays encoded'),
  ('/a?utm_source=someone%40example.com', null, 'an encoded mail address is dropped'),
  ('/a?utm_source=someone@example.com', null, 'a mail address is dropped'),
  ('/a?utm_source=someone%40example.com%ff', null, 'a mail address that stays encoded is dropped'),
  ('/a?utm_source=%2B1+212+555+0143', null, 'a telephone number is dropped')
) as c (url, expected, name);

select is(
  length(core.query_parameter('/a?utm_source=' || repeat('a', 5000), 'utm_source')), 200,
  'a value is cut to 200 characters'
);

select * from finish();
rollback;

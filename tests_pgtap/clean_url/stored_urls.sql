-- Of a URL only what attribution reads is stored: no user, no fragment, no query but utm and click ids' names.
begin;
select plan(20);

select is(core.clean_url(c.url), c.expected, c.name)
from (values
  (null, null, 'no URL is no URL'),
  ('', null, 'an empty URL is no URL'),
  ('https://example.com/', 'https://example.com/', 'a plain URL stays'),
  ('/products/hat', '/products/hat', 'a path stays'),
  ('https://example.com/a#top', 'https://example.com/a', 'a fragment goes'),
  ('/a#access_token=abc?utm_source=x', '/a', 'a query inside a fragment is part of the fragment'),
  ('/a?q=blue+hat&sort=price', '/a', 'search terms go'),
  ('/a?_bt=eyJhbGciOiJIUzI1NiJ9', '/a', 'a preview token goes'),
  ('/a?utm_source=news&utm_medium=email', '/a?utm_source=news&utm_medium=email', 'utm parameters stay in order'),
  ('/a?x=1&utm_campaign=spring&y=2', '/a?utm_campaign=spring', 'other parameters around a utm parameter go'),
  ('/a?gclid=Cj0KCQ&utm_source=google', '/a?gclid&utm_source=google', 'of a click id only its name stays'),
  ('/a?fbclid=IwAR0&msclkid=1&ttclid=2', '/a?fbclid&msclkid&ttclid', 'so it is with every platform''s click id'),
  ('/a?utm_source=', '/a?utm_source=', 'an empty utm parameter stays'),
  ('/a?myutm_source=x', '/a', 'a parameter whose name only ends like one goes'),
  ('https://user:secret@example.com/a', 'https://example.com/a', 'user and password go'),
  ('//user:secret@example.com/a', '//example.com/a', 'so they do without a scheme'),
  ('https://example.com/u/someone@example.com/orders', 'https://example.com/u/[email]/orders', 'a mail address in a path is masked'),
  ('/a?utm_source=someone%40example.com&utm_medium=cpc', '/a?utm_medium=cpc', 'an encoded mail address in a utm parameter goes with it'),
  ('/a?utm_source=x&email=someone@example.com', '/a?utm_source=x', 'a mail address in another parameter goes with it')
) as c (url, expected, name);

select is(
  length(core.clean_url('/' || repeat('a', 5000) || '?utm_source=' || repeat('b', 5000))),
  500 + length('?utm_source=') + 200,
  'a page is cut to 500 characters, a utm value to 200'
);

select * from finish();
rollback;

-- The host of a URL, and of what is nearly one.
begin;
select no_plan();

select is(core.referrer_host(c.url), c.expected, coalesce(c.url, 'null') || ' is of '
  || coalesce(c.expected, 'nobody'))
from (values
  (null, null), ('', null), (' ', null), ('/', null), ('/path/a.html', null), ('about:blank', null),
  ('null', null), ('(direct)', null), ('mailto:a@example.com', null), ('javascript:a.b()', null),
  ('https://', null), ('https:///path', null), ('https://exa mple.com/', null), ('.com', null),
  ('https://example.com', 'example.com'), ('https://example.com/', 'example.com'),
  (' HTTPS://WWW.Example.COM./a?b#c ', 'example.com'), ('http://example.com:8080/', 'example.com'),
  ('https://example.com?a=/b', 'example.com'), ('https://example.com#/b', 'example.com'),
  ('//example.com/a', 'example.com'), ('example.com', 'example.com'),
  ('www.example.com/a//b', 'example.com'), ('example.com:443/a', 'example.com'),
  ('https://user:pw@example.com/', 'example.com'), ('https://a@b@example.com/', 'example.com'),
  ('https://google.com@evil.example/', 'evil.example'),
  ('https://evil.example/https://google.com/', 'evil.example'),
  ('https://www.com/', 'www.com'), ('https://www2.example.com/', 'example.com'),
  ('https://wwwexample.com/', 'wwwexample.com'), ('https://localhost/', 'localhost'),
  ('https://127.0.0.1:8000/', '127.0.0.1'), ('https://[::1]:8000/', '[::1]'),
  ('https://xn--mller-kva.example/', 'xn--mller-kva.example'),
  ('android-app://com.google.android.gm/', 'com.google.android.gm'),
  ('ios-app://544007664/', '544007664'),
  ('https://例え.テスト/', '例え.テスト')
) as c (url, expected);
select is(core.referrer_host('https://' || repeat('a', 100000) || '.com/'), repeat('a', 1992),
  'of a flood of letters only the beginning is read');
select is(core.referrer_host(repeat('/', 100000)), null, 'a flood of slashes is nobody''s host');

select * from finish();
rollback;

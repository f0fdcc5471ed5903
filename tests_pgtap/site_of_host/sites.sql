-- Which hosts one owner holds.
begin;
select no_plan();

select is(core.site_of_host(c.host), c.expected, c.host || ' is of ' || c.expected)
from (values
  ('example.com', 'example.com'), ('shop.example.com', 'example.com'),
  ('a.b.c.example.com', 'example.com'), ('example.co.uk', 'example.co.uk'),
  ('shop.example.co.uk', 'example.co.uk'), ('a.shop.example.com.br', 'example.com.br'),
  ('shop.example.co.kr', 'example.co.kr'), ('shop.example.de', 'example.de'),
  ('a.myshopify.com', 'a.myshopify.com'), ('checkout.a.myshopify.com', 'a.myshopify.com'),
  ('somebody.github.io', 'somebody.github.io'), ('myshopify.com', 'myshopify.com'),
  ('localhost', 'localhost'), ('127.0.0.1', '127.0.0.1'), ('10.0.0.1', '10.0.0.1')
) as c (host, expected);
select is(core.site_of_host(null), null, 'no host is of nobody');

select * from finish();
rollback;

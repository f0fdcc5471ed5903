-- Whatever character stands before a value that would be masked, the fast scan sees the value: in a text under
-- any key, and beside the ids of an ordinary document.
begin;
select plan(11);

create temp table cases as
select v.kind, v.value, c.before, c.before || v.value as text
from (values
  ('a card number', '4111111111111111'), ('a card number in groups', '4111 1111 1111 1111'), ('an IBAN', 'DE89370400440532013000'),
  ('a mobile number', '010-1234-5678'), ('a mobile number without hyphens', '01012345678'), ('a number with its country', '+49 170 1234567'),
  ('a number of the USA', '(212) 555-0123'), ('a mail address', 'jane@example.com'), ('an RRN', '900101-1234568')) as v (kind, value)
cross join lateral (
  select chr(i) as before from unnest(array(select generate_series(1, 127)) || array[160, 233, 8232, 12288]) as i
   where not (v.kind = 'an RRN' and chr(i) = '/')) as c;  -- of an id in a path nobody looks at the digits

select is(
  string_agg(format('U+%s', to_hex(ascii(before))), ' ') filter (where core.mask_text(text) <> text
    and not core.looks_like_pii(jsonb_build_object('x', text)::text)),
  null, kind || ' is seen after whatever character it would be masked after')
from cases group by kind order by kind;

select ok(count(*) > 500, 'and it would be masked after most')
from cases where core.mask_text(text) <> text and core.looks_like_pii(jsonb_build_object('x', text)::text);
select ok(not core.looks_like_pii(
  '{"id": "gid://shopify/Order/4111111111111111", "x": [1, 4111], "order_id": 4111111111111111, "n": "\n1", "total": "4111.00"}'),
  'ids of so many digits, in a path or under their names, are none');

select * from finish();
rollback;

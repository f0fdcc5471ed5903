-- A value shaped like personal data is personal data under any key, and so is a key.
begin;
select plan(44);

select ok(core.contains_pii(c.value::jsonb), c.name)
from (values
  ('{"x": "someone@example.com"}', 'a mail address'),
  ('{"x": "someone\u0040example.com"}', 'a mail address whose @ is escaped'),
  ('{"x": "https://example.com/?m=someone%40example.com"}', 'a percent-encoded mail address'),
  ('{"x": "please write to someone@example.com, thanks"}', 'a mail address in free text'),
  ('{"x": "line\nsomeone@example.com\n"}', 'a mail address on a line of its own'),
  ('{"id": "someone@example.com"}', 'a mail address under an id key'),
  ('{"someone@example.com": 1}', 'a mail address as a key'),
  ('["someone@example.com"]', 'a mail address in an array'),
  ('[[["someone@example.com"]]]', 'a mail address in arrays of arrays'),
  ('"someone@example.com"', 'a mail address that is the whole document'),
  ('{"x": "+1 212 555 0143"}', 'a telephone number with blanks'),
  ('{"x": "+12125550143"}', 'a telephone number without blanks'),
  ('{"x": "(212) 555-0143"}', 'a telephone number with brackets'),
  ('{"x": "212-555-0143"}', 'a telephone number with dashes'),
  ('{"x": "call (212) 555-0143 now"}', 'a telephone number with brackets in free text'),
  ('{"x": "call me:\n+12125550143"}', 'a telephone number at the beginning of a line'),
  ('{"x": ["212-555-0143"]}', 'a telephone number in an array'),
  ('{"212-555-0143": true}', 'a telephone number as a key'),
  ('{"x": "010-1234-5678"}', 'a Korean mobile number'),
  ('{"x": "연락처 010-1234-5678"}', 'a Korean mobile number behind Korean text'),
  ('{"x": "4111111111111111"}', 'a card number as text'),
  ('{"x": 4111111111111111}', 'a card number as a number'),
  ('{"x": [4111111111111111]}', 'a card number in an array'),
  ('{"x": [1, 4111111111111111]}', 'a card number behind another number in an array'),
  ('{"x": "4111 1111 1111 1111"}', 'a card number with blanks'),
  ('{"x": "4111-1111-1111-1111"}', 'a card number with dashes'),
  ('{"x": "card 4111111111111111 was used"}', 'a card number in free text'),
  ('{"x": "card:4111111111111111"}', 'a card number behind a colon'),
  ('{"x": "(4111111111111111)"}', 'a card number in brackets'),
  ('{"x": "line\n4111111111111111"}', 'a card number at the beginning of a line'),
  ('{"4111111111111111": 1}', 'a card number as a key'),
  ('{"order_id": "card 4111 1111 1111 1111"}', 'a card number in free text under an id key'),
  ('{"x": "378282246310005"}', 'a card number of 15 digits'),
  ('{"x": "5500005555555559"}', 'a card number that begins with 5'),
  ('{"x": "2223003122003222"}', 'a card number that begins with 2'),
  ('{"x": "DE89370400440532013000"}', 'an IBAN'),
  ('{"x": "pay to DE89 3704 0044 0532 0130 00 please"}', 'an IBAN with blanks in free text'),
  ('{"x": "NO9386011117947"}', 'an IBAN of 15 characters'),
  ('{"x": "900101-1234568"}', 'a Korean resident number'),
  ('{"touch_id": "900101-1234568"}', 'a Korean resident number with its dash, also as an id'),
  ('{"x": "9001011234568"}', 'a Korean resident number without dash'),
  ('{"x": 9001011234568}', 'a Korean resident number as a number'),
  ('{"x": ["9001011234568"]}', 'a Korean resident number in an array'),
  ('{"x": "번호 9001011234568"}', 'a Korean resident number in free text')
) as c (value, name);

select * from finish();
rollback;

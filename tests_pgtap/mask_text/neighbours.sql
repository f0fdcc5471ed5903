-- Digits and words beside personal data must not hide it: a card number is rarely alone in a sentence.
begin;
select plan(36);

select unalike(core.mask_text(c.text), '%' || c.secret || '%', c.name)
from (values
  ('4111 1111 1111 1111 12/29', '1111 1111', 'an expiry date behind a card number'),
  ('4111111111111111 12/29 123', '41111111', 'an expiry date behind a card number without blanks'),
  ('4111-1111-1111-1111 123', '1111-1111', 'a security code behind a card number'),
  ('20 4111111111111111', '41111111', 'a quantity before a card number'),
  ('2026-03-04 4111 1111 1111 1111', '1111 1111', 'a date before a card number'),
  ('4111 1111 1111 1111 5500 0055 5555 5559', '1111 1111', 'two card numbers beside each other, the first'),
  ('4111 1111 1111 1111 5500 0055 5555 5559', '5555 5559', 'two card numbers beside each other, the second'),
  ('12125550143 4111111111111111', '41111111', 'a telephone number before a card number'),
  ('4111111111111111.', '41111111', 'a full stop behind a card number'),
  ('card:4111111111111111', '41111111', 'a colon before a card number'),
  ('card=4111111111111111', '41111111', 'an equals sign before a card number'),
  (E'card\n4111111111111111', '41111111', 'a line end before a card number'),
  ('DE89 3704 0044 0532 0130 00 EUR', '3704 0044', 'a currency behind an IBAN'),
  ('DE89370400440532013000 BIC COBADEFFXXX', '37040044', 'a bank code behind an IBAN'),
  ('IBAN DE89370400440532013000', '37040044', 'a word before an IBAN'),
  ('IBAN:DE89370400440532013000', '37040044', 'a colon before an IBAN'),
  ('+12125550143 20260304', '2125550143', 'a date behind a telephone number'),
  ('+1 212 555 0143 / +1 212 555 0144', '555 0144', 'two telephone numbers'),
  ('tel:+12125550143', '2125550143', 'a scheme before a telephone number'),
  (E'call\n212-555-0143', '555-0143', 'a line end before a telephone number'),
  ('900101-1234568/1', '1234568', 'a slash behind a Korean resident number'),
  ('주민번호900101-1234568', '1234568', 'Korean text right before a Korean resident number'),
  ('전화010-1234-5678', '1234-5678', 'Korean text right before a telephone number'),
  ('010-1234-5678입니다', '1234-5678', 'Korean text right behind a telephone number'),
  ('someone@example.com입니다', 'someone', 'Korean text right behind a mail address'),
  ('mailto:someone@example.com?subject=x', 'someone', 'a scheme and a query around a mail address')
) as c (text, secret, name);

select ok(core.contains_pii(jsonb_build_object('note', c.text)), c.name || ' is found in a document')
from (values
  ('4111 1111 1111 1111 12/29', 'a card number with its expiry date'),
  ('2026-03-04 4111 1111 1111 1111', 'a card number behind a date'),
  (E'card\n4111111111111111', 'a card number behind a line end'),
  ('DE89370400440532013000 BIC COBADEFFXXX', 'an IBAN with its bank code'),
  (E'call\n+12125550143', 'a telephone number behind a line end'),
  (E'call\t+12125550143', 'a telephone number behind a tabulator'),
  (E'call\n212-555-0143', 'a telephone number without country code behind a line end'),
  (E'IBAN\nDE89370400440532013000', 'an IBAN behind a line end'),
  ('전화010-1234-5678', 'a telephone number right behind Korean text'),
  ('주민번호900101-1234568', 'a Korean resident number right behind Korean text')
) as c (text, name);

select * from finish();
rollback;

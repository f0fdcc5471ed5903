-- Personal data inside a text is replaced by its kind; numbers that carry check digits only when those hold.
begin;
select plan(44);

select is(core.mask_text(c.text), c.expected, c.name)
from (values
  (null, null, 'nothing is nothing'),
  ('', '', 'an empty text stays'),
  ('someone@example.com', '[email]', 'a mail address'),
  ('ask jon.doe+shop@mail.example.com first', 'ask [email] first', 'a mail address inside a sentence'),
  ('<someone@example.com>, <other@example.org>', '<[email]>, <[email]>', 'two mail addresses'),
  ('?to=someone%40example.com&x=1', '?to=[email]&x=1', 'an encoded mail address'),
  ('mail:someone@example.co.uk.', 'mail:[email].', 'a mail address at the end of a sentence'),
  ('a@b', 'a@b', 'an @ without a domain is no mail address'),
  ('@handle', '@handle', 'a handle is no mail address'),
  ('/img/logo@2x.png', '/img/logo@2x.png', 'a picture for double density is no mail address'),
  ('+1 212 555 0143', '[phone]', 'an international number with blanks'),
  ('+12125550143', '[phone]', 'an international number without'),
  ('+1 (212) 555-0143', '[phone]', 'an international number with brackets'),
  ('+82-10-1234-5678', '[phone]', 'a Korean number in international form'),
  ('+44 20 7946 0958', '[phone]', 'a British number in international form'),
  ('call 212-555-0143 after six', 'call [phone] after six', 'an American number inside a sentence'),
  ('(212) 555-0143', '[phone]', 'an American number with brackets'),
  ('212.555.0143', '[phone]', 'an American number with points'),
  ('010-1234-5678', '[phone]', 'a Korean mobile number'),
  ('01012345678', '[phone]', 'a Korean mobile number without dashes'),
  ('02-123-4567', '[phone]', 'a Korean landline number'),
  ('4111111111111111', '[card]', 'a card number'),
  ('4111 1111 1111 1111', '[card]', 'a card number with blanks'),
  ('paid with 4111-1111-1111-1111.', 'paid with [card].', 'a card number with dashes inside a sentence'),
  ('3782 822463 10005', '[card]', 'a card number of 15 digits in its own groups'),
  ('4111111111111112', '4111111111111112', 'sixteen digits that fail their check are no card'),
  ('41111111111111111111', '41111111111111111111', 'twenty digits are no card'),
  ('order_4111111111111111', 'order_4111111111111111', 'digits behind an underscore are an id'),
  ('gid://shopify/Order/4111111111111111', 'gid://shopify/Order/4111111111111111', 'digits inside a gid are an id'),
  ('DE89370400440532013000', '[iban]', 'an IBAN'),
  ('to DE89 3704 0044 0532 0130 00', 'to [iban]', 'an IBAN in groups of four'),
  ('GB82 WEST 1234 5698 7654 32', '[iban]', 'an IBAN with letters'),
  ('DE88370400440532013000', 'DE88370400440532013000', 'an IBAN that fails its check is none'),
  ('900101-1234568', '[rrn]', 'a Korean resident number'),
  ('9001011234568', '[rrn]', 'a Korean resident number without dash'),
  ('900101-1234567', '900101-1234567', 'a resident number that fails its check is none'),
  ('someone@example.com, 212-555-0143, 4111111111111111', '[email], [phone], [card]', 'several kinds at once'),
  ('[email] [phone]', '[email] [phone]', 'what is masked already stays'),
  ('~2441eb1ac6cb129304e843d07c39a68a', '~2441eb1ac6cb129304e843d07c39a68a', 'a pseudonym stays')
) as c (text, expected, name);

select is(core.mask_text('4111111111111111', null, true), '4111111111111111', 'a card number that is an id stays');
select is(core.mask_text('9001011234568', null, true), '9001011234568', 'a resident number that is an id stays');
select is(core.mask_text('someone@example.com', null, true), '[email]', 'a mail address is masked even as an id');

select is(
  core.mask_text('ask Someone@Example.com',
    array[core.hmac_pad('key of a test', 54), core.hmac_pad('key of a test', 92)]),
  'ask [~2441eb1ac6cb129304e843d07c39a68a]',
  'with a key the pseudonym takes its place, set apart from its neighbours'
);
select is(
  core.mask_text(core.mask_text('someone@example.com, +1 212 555 0143, 4111 1111 1111 1111')),
  '[email], [phone], [card]',
  'masking twice changes nothing more'
);

select * from finish();
rollback;

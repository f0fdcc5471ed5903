-- The test cases of RFC 4231, section 4, for HMAC-SHA-256.
begin;
select plan(11);

select is(
  encode(core.hmac_sha256(core.hmac_pad(c.key, 54), core.hmac_pad(c.key, 92), c.message), 'hex'),
  c.expected,
  'RFC 4231 test case ' || c.number
)
from (values
  (1, decode(repeat('0b', 20), 'hex'), 'Hi There'::bytea,
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'),
  (2, 'Jefe'::bytea, 'what do ya want for nothing?'::bytea,
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'),
  (3, decode(repeat('aa', 20), 'hex'), decode(repeat('dd', 50), 'hex'),
    '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'),
  (4, '\x0102030405060708090a0b0c0d0e0f10111213141516171819'::bytea, decode(repeat('cd', 50), 'hex'),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b'),
  (6, decode(repeat('aa', 131), 'hex'), 'Test Using Larger Than Block-Size Key - Hash Key First'::bytea,
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54'),
  (7, decode(repeat('aa', 131), 'hex'),
    ('This is a test using a larger than block-size key and a larger than block-size data. '
      'The key needs to be hashed before being used by the HMAC algorithm.')::bytea,
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2')
) as c (number, key, message, expected);

select is(
  left(encode(core.hmac_sha256(
    core.hmac_pad(decode(repeat('0c', 20), 'hex'), 54), core.hmac_pad(decode(repeat('0c', 20), 'hex'), 92),
    'Test With Truncation'), 'hex'), 32),
  'a3b6167473100ee06e0c796c2955552b',
  'RFC 4231 test case 5, truncated to 128 bits'
);
select is(core.hmac_pad('', 54), decode(repeat('36', 64), 'hex'), 'the inner pad of no key is ipad');
select is(core.hmac_pad('', 92), decode(repeat('5c', 64), 'hex'), 'the outer pad of no key is opad');
select is(
  core.hmac_pad('\x01', 54), decode('37' || repeat('36', 63), 'hex'), 'a short key is filled up with zeros'
);
select is(
  core.hmac_pad(decode(repeat('aa', 65), 'hex'), 54),
  core.hmac_pad(sha256(decode(repeat('aa', 65), 'hex')), 54),
  'a key longer than a block is hashed first'
);

select * from finish();
rollback;

-- Stripe sends integers in its own minor unit (https://docs.stripe.com/currencies); what is stored is ISO 4217's.
begin;
select plan(18);

select is(
  (select m.currency || ' ' || m.amount_minor
     from core.read_money(c.amount::jsonb, to_jsonb(c.currency), 'amount', 'stripe') as m),
  c.expected,
  c.name
)
from (values
  ('1000', 'usd', 'USD 1000', 'cents stay cents'),
  ('1000', 'huf', 'HUF 1000', 'forint are sent with two decimals for charges'),
  ('1000', 'twd', 'TWD 1000', 'Taiwan dollars are sent with two decimals for charges'),
  ('500', 'jpy', 'JPY 500', 'yen are sent without decimals'),
  ('50000', 'krw', 'KRW 50000', 'won are sent without decimals'),
  ('500', 'xpf', 'XPF 500', 'CFP francs are sent without decimals'),
  ('12340', 'kwd', 'KWD 12340', 'Kuwaiti dinars are sent in thousandths'),
  ('900', 'isk', 'ISK 9', 'Icelandic krona are sent with two decimals that ISO 4217 does not have'),
  ('500', 'ugx', 'UGX 5', 'Ugandan shillings are sent with two decimals that ISO 4217 does not have'),
  ('900', 'mga', 'MGA 90000', 'Malagasy ariary are sent without the two decimals of ISO 4217'),
  ('0', 'isk', 'ISK 0', 'nothing is zero in every unit'),
  ('-500', 'usd', 'USD -500', 'a sign is kept')
) as c (amount, currency, expected, name);

select throws_ok(
  format('select core.read_money(%L, to_jsonb(%L::text), ''amount'', ''stripe'')', c.amount, c.currency),
  'HL113', null, c.name
)
from (values
  ('950', 'isk', 'half a krona is refused, not rounded'),
  ('550', 'ugx', 'half a shilling is refused, not rounded'),
  ('1', 'isk', 'a hundredth of a krona is refused'),
  ('10.5', 'usd', 'half a cent is refused'),
  ('10.5', 'mga', 'half of Stripe''s smallest unit is refused although ISO 4217 could express it')
) as c (amount, currency, name);

select is(
  (select m.amount_minor from core.read_money('900', '"isk"', 'amount', 'another provider') as m),
  900::bigint,
  'another provider''s integers are in the unit of ISO 4217'
);

select * from finish();
rollback;

-- The space that merchants and pixels fill freely is reduced to the attribution fields.
begin;
select plan(14);

select is(
  core.redact_named_values(c.pairs::jsonb, array[core.hmac_pad('key of a test', 54), core.hmac_pad('key of a test', 92)]),
  c.expected::jsonb, c.name
)
from (values
  ('{"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring", "order_id": "1"}',
    '{"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring"}', 'utm fields of an object stay, others go'),
  ('[{"name": "utm_source", "value": "google"}, {"name": "gift", "value": "for Zebulon"}]', '{"utm_source": "google"}', 'so they do of a list'),
  ('[{"name": "_utm_source", "value": "google"}]', '{"utm_source": "google"}', 'a leading underscore hides a pair from buyers, not from us'),
  ('{"session_id": "abc"}', '{"session_id": "~587b0c006d3d555662e56dbe6933e458"}', 'a session becomes a pseudonym'),
  ('{"landing_page": "/a?utm_source=x&email=zebulon@example.com", "referrer": "https://example.com/?q=x"}',
    '{"landing_page": "/a?utm_source=x", "referrer": "https://example.com/"}', 'URLs lose their queries'),
  ('{"utm_source": "zebulon@example.com", "utm_medium": "cpc"}', '{"utm_medium": "cpc"}', 'personal data in a utm field goes'),
  ('{"utm_source": "", "session_id": " "}', null, 'empty values are none'),
  ('{"utm_source": null}', null, 'null is none'),
  ('{}', null, 'an empty object is none'),
  ('[]', null, 'an empty list is none'),
  ('[1, null, "utm_source", {"name": null, "value": "x"}, {"value": "x"}, {"name": 1, "value": []}]', null, 'broken pairs are none'),
  ('"utm_source"', null, 'a text is none'),
  ('null', null, 'JSON null is none'),
  (null, null, 'nothing is none')
) as c (pairs, expected, name);

select * from finish();
rollback;

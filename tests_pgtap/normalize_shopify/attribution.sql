-- Where an order tells how its buyer came: landing page, referrer, note attributes, tokens.
begin;
select plan(18);

create function pg_temp.event(p_more jsonb)
  returns setof core.canonical_event language sql as $$
  select n.*
    from core.redact_shopify(tap.shopify_order(1) || p_more,
      array[core.hmac_pad('key of a test', 54), core.hmac_pad('key of a test', 92)]) as r,
      unnest(core.normalize_shopify(tap.shopify_headers('orders/paid'), r.payload)) as n
$$;

select is(
  (select concat_ws('|', coalesce(e.utm_source, '-'), coalesce(e.utm_medium, '-'), coalesce(e.utm_campaign, '-'))
     from pg_temp.event(c.more::jsonb) as e),
  c.expected,
  c.name
)
from (values
  ('{}', '-|-|-', 'an order may tell nothing'),
  ('{"landing_site": "/a?utm_source=google&utm_medium=cpc&utm_campaign=spring%20sale"}', 'google|cpc|spring sale',
    'utm parameters of the landing page, decoded'),
  ('{"landing_site": "https://example.com/a?_bt=x&utm_source=news+letter#utm_source=y"}', 'news letter|-|-',
    'a full URL with other parameters'),
  ('{"landing_site": null}', '-|-|-', 'a null landing page'),
  ('{"note_attributes": [{"name": "utm_source", "value": "meta"}, {"name": "utm_medium", "value": "paid"}]}',
    'meta|paid|-', 'note attributes'),
  ('{"note_attributes": [{"name": "_utm_source", "value": "meta"}]}', 'meta|-|-', 'hidden note attributes'),
  ('{"landing_site": "/a?utm_source=google&utm_medium=cpc", "note_attributes": [{"name": "utm_source", "value": "meta"}]}',
    'meta|cpc|-', 'a note attribute goes before the landing page'),
  ('{"landing_site": "/a?utm_source=someone%40example.com&utm_medium=cpc"}', '-|cpc|-', 'a mail address is no source'),
  ('{"note_attributes": [{"name": "utm_source", "value": "someone@example.com"}]}', '-|-|-', 'nor in a note attribute'),
  ('{"note_attributes": []}', '-|-|-', 'no note attributes'),
  ('{"note_attributes": "utm_source"}', '-|-|-', 'note attributes that are no list'),
  ('{"note_attributes": [1, null, {"name": 1, "value": []}, {"name": null, "value": "x"}]}', '-|-|-', 'broken note attributes')
) as c (more, expected, name);

select is(
  (select concat_ws('|', e.landing_page, e.referrer) from pg_temp.event(
    '{"landing_site": "/a?email=someone@example.com&utm_source=x", "referring_site": "https://search.example/?q=hat"}') as e),
  '/a?utm_source=x|https://search.example/', 'landing page and referrer are stored without their queries'
);
select is(
  (select e.session_id from pg_temp.event('{"cart_token": "abc", "checkout_token": "def"}') as e),
  '~587b0c006d3d555662e56dbe6933e458', 'the session is the pseudonym of the cart token'
);
select is(
  (select e.session_id from pg_temp.event('{"cart_token": null, "checkout_token": "abc"}') as e),
  '~587b0c006d3d555662e56dbe6933e458', 'else of the checkout token'
);
select is(
  (select e.session_id from pg_temp.event(
    '{"cart_token": "def", "note_attributes": [{"name": "session_id", "value": "abc"}]}') as e),
  '~587b0c006d3d555662e56dbe6933e458', 'a session_id among the note attributes goes first'
);
select is(
  (select e.customer_key from pg_temp.event('{"customer": {"id": 12125550143}}') as e),
  '~61096b7b8a518d6c7f16adf024388bd2', 'the customer is the pseudonym of the customer id'
);
select is(
  (select concat_ws('|', coalesce(e.customer_key, '-'), coalesce(e.session_id, '-'))
     from pg_temp.event('{"customer": null, "cart_token": null}') as e),
  '-|-', 'a guest without a cart has neither'
);

select * from finish();
rollback;

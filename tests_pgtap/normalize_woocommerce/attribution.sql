-- Where an order tells how its buyer came: meta_data, with or without WooCommerce's prefix.
begin;
select plan(25);

create function pg_temp.event(p_meta_data jsonb, p_more jsonb default '{}')
  returns setof core.canonical_event language sql as $$
  select n.*
    from core.redact_woocommerce(tap.woocommerce_order(727, jsonb_build_object('meta_data', p_meta_data) || p_more),
      array[core.hmac_pad('key of a test', 54), core.hmac_pad('key of a test', 92)]) as r,
      unnest(core.normalize_woocommerce(tap.woocommerce_headers('order.updated'), r.payload)) as n
$$;
create function pg_temp.meta(variadic p_pairs text[]) returns jsonb language sql as $$
  select jsonb_agg(jsonb_build_object('id', i, 'key', p_pairs[i], 'value', p_pairs[i + 1]) order by i)
    from generate_series(1, cardinality(p_pairs), 2) as i
$$;

select is(
  (select concat_ws('|', coalesce(e.utm_source, '-'), coalesce(e.utm_medium, '-'), coalesce(e.utm_campaign, '-'))
     from pg_temp.event(c.meta) as e),
  c.expected,
  c.name
)
from (values
  ('[]'::jsonb, '-|-|-', 'an order may tell nothing'),
  (pg_temp.meta('_wc_order_attribution_utm_source', 'google', '_wc_order_attribution_utm_medium', 'cpc',
    '_wc_order_attribution_utm_campaign', 'spring sale'), 'google|cpc|spring sale', 'WooCommerce''s own fields'),
  (pg_temp.meta('_wc_order_attribution_utm_source', '(direct)', '_wc_order_attribution_utm_medium', '(none)'), '(direct)|(none)|-',
    'a direct visit stays as WooCommerce writes it'),
  (pg_temp.meta('utm_source', 'meta', '_utm_medium', 'paid'), 'meta|paid|-', 'fields without the prefix'),
  (pg_temp.meta('_wc_order_attribution_utm_source', 'google', 'utm_source', 'plugin'), 'google|-|-', 'WooCommerce''s go first'),
  (pg_temp.meta('utm_source', 'plugin', '_wc_order_attribution_utm_source', 'google'), 'google|-|-', 'in whatever order they stand'),
  (pg_temp.meta('_wc_order_attribution_utm_source', 'first', '_wc_order_attribution_utm_source', 'second'), 'first|-|-',
    'of two entries the first counts'),
  (pg_temp.meta('_wc_order_attribution_session_entry', 'https://shop.example/?utm_source=news+letter&utm_medium=email&x=1'),
    'news letter|email|-', 'else the parameters of the first page'),
  (pg_temp.meta('_wc_order_attribution_utm_source', 'someone@example.com', '_wc_order_attribution_utm_medium', 'cpc'), '-|cpc|-',
    'a mail address is no source'),
  (pg_temp.meta('_wc_order_attribution_utm_source', ''), '-|-|-', 'an empty value is none'),
  (pg_temp.meta('_wc_order_attribution_source_type', 'admin', '_wc_order_attribution_origin', 'Direkt'), '-|-|-',
    'type and translated origin are not taken'),
  ('[{"id": 1, "key": "_wc_order_attribution_utm_source", "value": {"a": 1}}]', '-|-|-', 'a value that is an object is none'),
  ('[{"id": 1, "key": "_wc_order_attribution_utm_source", "value": ["a"]},
     {"id": 2, "key": "_wc_order_attribution_utm_source", "value": "b"}]', 'b|-|-', 'and hides no text'),
  ('[{"id": 1, "key": "_wc_order_attribution_utm_source", "value": 7}]', '7|-|-', 'a number is a text'),
  ('[1, null, [], "x", {}, {"key": null, "value": "a"}, {"key": {"b": 1}, "value": "a"}, {"key": "utm_source"}]', '-|-|-',
    'broken entries'),
  ('"utm_source"', '-|-|-', 'meta data that is no list'),
  ('null', '-|-|-', 'null'),
  ('{"1": {"key": "utm_source", "value": "a"}}', '-|-|-', 'a list that PHP wrote as an object')
) as c (meta, expected, name);

select is(
  (select concat_ws('|', e.landing_page, e.referrer) from pg_temp.event(pg_temp.meta(
    '_wc_order_attribution_session_entry', 'https://shop.example/a?email=someone@example.com&utm_source=x',
    '_wc_order_attribution_referrer', 'https://search.example/?q=hat')) as e),
  'https://shop.example/a?utm_source=x|https://search.example/', 'first page and referrer are stored without their queries'
);
select is((select e.session_id from pg_temp.event(pg_temp.meta(c.key, 'abc')) as e), '~587b0c006d3d555662e56dbe6933e458', c.name)
from (values
  ('session_id', 'a session_id is stored as its pseudonym, the same as with other providers'),
  ('_session_id', 'also a hidden one'),
  ('_wc_order_attribution_session_id', 'or one with the prefix')
) as c (key, name);
select is((select e.customer_key from pg_temp.event('[]', '{"customer_id": 12125550143}') as e), '~61096b7b8a518d6c7f16adf024388bd2',
  'the customer is the pseudonym of the customer id');
select is((select e.customer_key from pg_temp.event('[]', '{"customer_id": 0}') as e), null, 'a guest has none');
select is((select e.session_id from pg_temp.event('[]') as e), null, 'nor a session');

select * from finish();
rollback;

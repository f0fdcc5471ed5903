-- Without tags the referrer tells, unless visitors only pass through it or it is the shop itself.
begin;
select no_plan();

create temp table ids as select tap.tenant() as tenant_id;
select tap.set_tenant(tenant_id) from ids;
create temp table cases (referrer text, landing_page text, expected text);
insert into cases values
  ('https://www.google.com/', null, 'organic_search'),
  ('https://www.google.co.kr/search', null, 'organic_search'),
  ('https://GOOGLE.DE./', null, 'organic_search'),
  ('http://google.com:80/url', null, 'organic_search'),
  ('//www.google.com/', null, 'organic_search'),
  ('www.google.com', null, 'organic_search'),
  ('https://uk.search.yahoo.com/', null, 'organic_search'),
  ('https://cn.bing.com/', null, 'organic_search'),
  ('https://m.search.naver.com/search.naver', null, 'organic_search'),
  ('https://duckduckgo.com/', null, 'organic_search'),
  ('https://news.google.com/', null, 'organic_search'),
  ('android-app://com.google.android.googlequicksearchbox/', null, 'organic_search'),
  ('https://mail.google.com/', null, 'referral'),
  ('https://docs.google.com/', null, 'referral'),
  ('https://finance.yahoo.com/', null, 'referral'),
  ('https://google.com.evil.example/', null, 'referral'),
  ('https://google.evil.com/', null, 'referral'),
  ('https://notgoogle.com/', null, 'referral'),
  ('https://xn--80ak6aa92e.com/', null, 'referral'),
  ('https://groups.google.com/', null, 'organic_social'),
  ('https://l.facebook.com/', null, 'organic_social'),
  ('https://lm.facebook.com/l.php', null, 'organic_social'),
  ('https://m.facebook.com/', null, 'organic_social'),
  ('https://t.co/abc', null, 'organic_social'),
  ('https://x.com/', null, 'organic_social'),
  ('https://www.linkedin.com/feed', null, 'organic_social'),
  ('https://out.reddit.com/', null, 'organic_social'),
  ('https://br.pinterest.com/', null, 'organic_social'),
  ('https://blog.naver.com/somebody', null, 'organic_social'),
  ('https://somebody.tistory.com/1', null, 'organic_social'),
  ('android-app://com.linkedin.android/', null, 'organic_social'),
  ('https://m.youtube.com/', null, 'organic_video'),
  ('https://youtu.be/x', null, 'organic_video'),
  ('https://www.amazon.de/', null, 'organic_shopping'),
  ('https://shopping.naver.com/', null, 'organic_shopping'),
  ('https://chatgpt.com/', null, 'ai_assistants'),
  ('https://www.perplexity.ai/search', null, 'ai_assistants'),
  ('https://gemini.google.com/', null, 'ai_assistants'),
  ('https://claude.ai/chat/1', null, 'ai_assistants'),
  ('https://copilot.microsoft.com/', null, 'ai_assistants'),
  ('https://www.bing.com/chat', null, 'ai_assistants'),
  ('https://x.com/i/grok', null, 'ai_assistants'),
  ('https://www.example.org/article', null, 'referral'),
  ('https://localhost:3000/', null, 'referral'),
  ('about:blank', null, 'direct'),
  ('null', null, 'direct'),
  ('/checkout', null, 'direct'),
  ('https://checkout.stripe.com/c/pay', null, 'direct'),
  ('https://www.paypal.com/checkoutnow', null, 'direct'),
  ('https://www.paypal.de/', null, 'direct'),
  ('https://shop.app/', null, 'direct'),
  ('https://pay.shopify.com/', null, 'direct'),
  ('https://pay.klarna.com/', null, 'direct'),
  ('https://pay.toss.im/', null, 'direct'),
  ('https://payment-gateway.tosspayments.com/', null, 'direct'),
  ('https://accounts.google.com/o/oauth2', null, 'direct'),
  ('https://accounts.google.co.uk/', null, 'direct'),
  ('https://appleid.apple.com/', null, 'direct'),
  ('https://login.microsoftonline.com/', null, 'direct'),
  ('https://checkout.stripe.com.evil.example/', null, 'referral'),
  ('https://shop.example.com/cart', 'https://shop.example.com/', 'direct'),
  ('https://www.example.com/', 'https://shop.example.com/', 'direct'),
  ('https://example.com/', 'https://shop.example.com/a?fbclid', 'organic_social'),
  ('https://blog.example.co.uk/', 'https://example.co.uk/', 'direct'),
  ('https://other.co.uk/', 'https://example.co.uk/', 'referral'),
  ('https://a.myshopify.com/', 'https://b.myshopify.com/', 'referral'),
  ('https://www.google.com/', '/products/hat?srsltid', 'organic_shopping'),
  ('https://www.google.com/', '/products/hat?gclid', 'paid_search'),
  (null, 'https://shop.example.com/?gbraid=1', 'paid_search'),
  (null, 'https://shop.example.com/?wbraid', 'paid_search'),
  (null, '/?msclkid', 'paid_search'),
  ('https://www.bing.com/', '/?msclkid', 'paid_search'),
  (null, '/?ttclid', 'paid_social'),
  (null, '/?twclid', 'paid_social'),
  (null, '/?li_fat_id', 'paid_social'),
  (null, '/?dclid', 'display'),
  (null, '/?dclid&gclid', 'paid_search'),
  (null, '/?fbclid', 'organic_social'),
  (null, '/?utm_medium=paid&fbclid', 'paid_social'),
  ('https://l.instagram.com/', '/?utm_medium=paid&fbclid', 'paid_social'),
  ('https://checkout.stripe.com/', '/?fbclid', 'organic_social'),
  ('https://l.facebook.com/', '/?utm_source=meta&utm_campaign=summer_sale&fbclid',
    'organic_social'),
  (null, '/?utm_source=ig&utm_medium=paid_social', 'paid_social'),
  (null, '/?utm_source=newsletter&utm_medium=email&gclid', 'paid_search'),
  (null, '/?utm_source=newsletter&utm_medium=email&fbclid', 'email'),
  (null, '/?utm_source=newsletter&utm_medium=email&srsltid', 'email'),
  (null, '/?utm_source=youtube&utm_medium=cpv&gclid', 'paid_video'),
  (null, '/?utm_campaign=x-cross-network&gclid', 'cross_network'),
  ('https://www.google.com/', '/?utm_medium=cpc', 'paid_search'),
  ('https://www.facebook.com/', '/?utm_source=newsletter&utm_medium=email', 'email'),
  ('https://www.google.com/', '/?utm_source=spring', 'unassigned');

select is(
  core.event_channel(i.tenant_id, null, null, null, null, c.referrer, c.landing_page, 'shopify'),
  c.expected,
  concat_ws(' → ', coalesce(c.referrer, 'no referrer'), c.landing_page) || ' is ' || c.expected)
  from cases as c, ids as i;

-- Plugins write the referrer's host into utm_source.
select is(
  core.event_channel(i.tenant_id, null, c.source, 'referral', null, null,
    'https://shop.example.com/', 'woocommerce'),
  c.expected, c.source || ' as a source that a plugin made of the referrer is ' || c.expected)
  from ids as i, (values
    ('checkout.stripe.com', 'direct'), ('www.paypal.com', 'direct'), ('example.com', 'direct'),
    ('example.org', 'referral'), ('l.facebook.com', 'organic_social')) as c (source, expected);
select is(
  core.event_channel(i.tenant_id, null, 'checkout.stripe.com', 'referral', null,
    'https://www.google.com/', null, 'woocommerce'),
  'organic_search', 'behind a payment page as source the referrer counts')
  from ids as i;
select is(
  core.event_channel(i.tenant_id, null, 'accounts.google.com', 'cpc', null, null, null, 'x'),
  'paid_other', 'a sign-in page is no source even of an ad')
  from ids as i;

select * from finish();
rollback;

-- What kind of site a source is: the most specific entry that fits.
begin;
select no_plan();

select is(core.source_category(c.source), c.expected,
  coalesce(c.source, 'null') || ' is ' || coalesce(c.expected, 'any other site'))
from (values
  (null, null), ('', null), ('.', null), ('...', null), ('example.com', null), ('someone', null),
  ('google', 'search'), ('google.com', 'search'), ('google.co.uk', 'search'), ('m.google.de', 'search'),
  ('www.google.com', 'search'), ('google.com.br', 'search'), ('mail.google.com', null),
  ('google.evil.com', null), ('google.com.evil.com', null), ('google.notatld', null),
  ('evilgoogle.com', null), ('fr.search.yahoo.com', 'search'), ('yahoo.co.jp', 'search'),
  ('sports.yahoo.com', null), ('search.naver.com', 'search'), ('m.search.naver.com', 'search'),
  ('cafe.naver.com', 'social'), ('m.blog.naver.com', 'social'), ('nid.naver.com', 'never_a_source'),
  ('shopping.naver.com', 'shopping'), ('facebook.com', 'social'), ('l.facebook.com', 'social'),
  ('anything.at.facebook.com', 'social'), ('fb.me', 'social'), ('t.co', 'social'), ('at.co', null),
  ('x.com', 'social'), ('max.com', null), ('pinterest.co.uk', 'social'), ('it.pinterest.com', 'social'),
  ('amazon.co.jp', 'shopping'), ('pay.amazon.de', 'never_a_source'), ('youtu.be', 'video'),
  ('accounts.youtube.com', 'never_a_source'), ('accounts.google.de', 'never_a_source'),
  ('gemini.google.com', 'ai_assistant'), ('chat.openai.com', 'ai_assistant'), ('duck.ai', 'ai_assistant'),
  ('yiyan.baidu.com', 'ai_assistant'), ('m.baidu.com', 'search'), ('tieba.baidu.com', 'social'),
  ('stripe', 'shopping'), ('checkout.stripe.com', 'never_a_source'),
  ('www.paypal.com', 'never_a_source'), ('paypal.me', 'never_a_source')
) as c (source, expected);
select is(core.source_category(repeat('a.', 50000) || 'com'), null,
  'a text of very many labels is answered too');
select is_empty(
  $$ select s.source, s.category from core.channel_sources as s
      where core.source_category(replace(s.source, '.*', '.com')) is distinct from s.category
         or s.source like '%.*' and core.source_category(replace(s.source, '.*', '.co.uk'))
           is distinct from s.category
         or s.includes_subdomains and core.source_category('any.' || replace(s.source, '.*', '.com'))
           is distinct from s.category $$,
  'every entry is found, in every spelling it stands for');

select * from finish();
rollback;

-- A plain identifier is stored as it is, any other text as its SHA-256: it still identifies, and is not kept.
begin;
select plan(10);

select is(core.clean_identifier(c.text), c.expected, c.name)
from (values
  (null, null, 'nothing is nothing'),
  ('', null, 'an empty text is no identifier'),
  ('b54557e4-bdd9-4b37-8a5f-bf7d70bcd043', 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043', 'a UUID stays'),
  ('event:example.myshopify.com:orders/paid:1', 'event:example.myshopify.com:orders/paid:1', 'a composed key stays'),
  ('evt_1MtwBwLkdIwHu7ix', 'evt_1MtwBwLkdIwHu7ix', 'an event id stays'),
  ('someone@example.com', 'sha256:72497f475e4f76d0b28f57c73a084ece576d170874eba3ee2609d9afe4b71aab',
    'a mail address becomes its hash'),
  ('two words', 'sha256:a03f1d611645eb53ad16c1af546ca0792dc884505bab57ede80f4dad6b911d3a',
    'a text with a blank becomes its hash'),
  ('größe', 'sha256:d353a2671b67afff0941ae456e5c76e9394bd6579774ae7542a6185fb9843384',
    'letters beyond ASCII become the hash of their UTF-8'),
  (repeat('a', 200), repeat('a', 200), '200 characters stay'),
  (repeat('a', 201), 'sha256:a92efd82109373e58f9a2056dee01e807e216ce6075f7051207c0a9f7d666e50',
    '201 characters become their hash')
) as c (text, expected, name);

select * from finish();
rollback;

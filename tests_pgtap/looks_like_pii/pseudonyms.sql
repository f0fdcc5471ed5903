-- Hookledger's own pseudonyms, whatever digits they begin with, are no reason to walk a document; a number
-- that only looks like one is.
begin;
select plan(8);

select ok(not core.looks_like_pii(jsonb_build_object('session_id', p, 'x', p, 'y', 'by ' || p)::text), 'the pseudonym ' || p)
from unnest(array['~15310734068164d0eaf30d0b7e447085', '~4111111111111111eaf30d0b7e447085',
  '~411111111111111111111111111111af']) as p;
select is(core.redact_json(jsonb_build_object('x', p)), jsonb_build_object('x', p), 'and the walk finds nothing in it')
from unnest(array['~4111111111111111eaf30d0b7e447085']) as p;
select ok(core.looks_like_pii(jsonb_build_object('x', n)::text), 'the number ' || n)
from unnest(array['~4111111111111111', '~4111 1111 1111 1111', '~4111-1111-1111-1111 please']) as n;
select is(core.redact_json('{"x": "~4111 1111 1111 1111"}'), '{"x": "~[card]"}', 'which the walk takes out');

select * from finish();
rollback;

-- What a touch states comes from the internet: whatever it is, the answer is a channel, soon.
begin;
select no_plan();

create temp table ids as select tap.tenant() as tenant_id;
select api.set_channel_rule(tenant_id, 'slow', 'email',
  '{"source": "*a*a*a", "campaign": "*a*a*b", "referrer": "*a*a*b", "landing_page": "*/*/*b"}')
  from ids;

select ok(
  exists (
    select from core.channel_taxonomy as t
     where t.is_assignable and t.channel_code = core.event_channel(i.tenant_id,
       c.channel, c.value, c.value, c.value, c.value, c.value, c.value)),
  c.name || ' ends in a channel')
  from ids as i, (values
    ('no text at all', null, null), ('empty texts', '', ''), ('percent signs', null, '%%%'),
    ('a broken escape', null, '%E0%A4%'), ('an escaped NUL', null, 'a%00b'),
    ('escaped bytes', null, '%ff%fe'), ('backslashes', '\', '\\'), ('quotes', '''', '"''";--'),
    ('wildcards', '%', '*%_?[a-z]'), ('dots', null, '....'), ('slashes', null, '//////'),
    ('only a scheme', null, 'https://'), ('at signs', null, 'https://@@@/'),
    ('brackets', null, 'https://[[[/'), ('an open bracket', null, 'https://[::1/'),
    ('an address', null, 'https://[::1]:99999/'), ('question marks', null, '????&&&&===='),
    ('control characters', E'\x01', E'\x01\x1b\x7f'), ('other letters', 'ключ', 'ключ.рф/путь'),
    ('emoji', '🛒', '🛒.example'), ('a right-to-left mark', E'\u202e', E'\u202emoc.elgoog'),
    ('a template', '{{channel}}', '{{campaign.name}}'), ('json', '{}', '{"a": [1]}')
  ) as c (name, channel, value);

-- Long texts: what ingestion stores is 500 characters, a DBA's own calls may hold more.
create temp table long_ones (name text, value text);
insert into long_ones values
  ('letters', repeat('a', 200000)), ('labels', repeat('a.', 100000)),
  ('a path', 'https://a.example/' || repeat('a/', 100000)),
  ('a query', 'https://a.example/?' || repeat('utm_source=a&', 20000)),
  ('escapes', repeat('%61', 20000)), ('spaces', repeat(' ', 200000)),
  ('plus signs', repeat('+', 100000));
create temp table started as select clock_timestamp() as at;
select isnt(
  core.event_channel(i.tenant_id, null, l.value, l.value, l.value, l.value, l.value, 'x'), null,
  'very many ' || l.name || ' have a channel')
  from ids as i, long_ones as l;
select cmp_ok(clock_timestamp() - at, '<', interval '60 seconds', 'they do not take long')
  from started;

select * from finish();
rollback;

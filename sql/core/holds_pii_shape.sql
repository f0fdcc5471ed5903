-- The fast scan of core.looks_like_pii, for values: may the text form of a JSON document hold
-- something shaped like personal data, or a document within a text, whose keys are out of sight?
-- Each scan takes three nanoseconds a character and then what its automaton takes to build, anew
-- each time, which grows with the kinds of characters that it tells apart. So first what is quick
-- to look for and stands in each of the shapes, and only where that is found the shapes themselves.
-- Long digit runs (cards, ISO/IEC 7812; Korean RRNs) count outside ids and gids only; in the groups
-- of a card or an RRN they count there too. Resolved when created, so that the caller's expression
-- takes it in.
create or replace function core.holds_pii_shape(p_text text)
  returns boolean
  language sql
  immutable
  parallel safe
  security invoker
return
  p_text ~ ('\+[0-9]|[@\\\u00a0]|%40|[0-9]{3}[ .-][0-9]{4}|[^0-9A-Za-z_.~-]0[0-9 -]{8}'
    '|[A-Z]{2}[0-9]{2}|~01[0-9]{8}')
    and p_text ~ ('([^0-9A-Za-z_.~-]|\\[bfnrt]|\\u....)(\+[0-9]'
      '|(1[ .-])?\(?[2-9][0-9]{2}\)?[ .-][2-9][0-9]{2}[ .-][0-9]{4}'
      '|0[0-9]{1,3}[ -]?[0-9]{3,4}[ -]?[0-9]{4})'
      '|([^0-9A-Za-z_]|\\[bfnrt]|\\u....)'
      '[A-Z]{2}[0-9]{2}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{4}'
      '|": "([0-9]{4}[ -][0-9]{4}[ -]|[0-9]{6}-[1-4][0-9]{6})'
      '|[^ "@](@|%40)[^ "@.]+\.[^ ".0-9]|\\":'
      -- A pseudonym begins with a tilde, too, and goes on in hexadecimal.
      '|~(\+|\(?[0-9]{1,4}[ .()-]|01[0-9]{8,9}[^0-9a-f])')
  -- Thirteen digits with what may stand between them: first so many of such characters, then
  -- where no id stands.
  or p_text ~ '[0-9 \u00a0-]{13}'
    and p_text ~ ('(([^d]|[^iI]d|[alor]id)": "?|[^:] |[^"]: ?|":|[{\[,] ?"|[^0-9A-Za-z/_.": -]'
      '|\\[bfnrt"]|\\u....)[0-9][0-9 \u00a0-]{12}')
    and p_text ~ ('(([^d]|[^iI]d)": "?|[^:] |[^"]: ?|":|[{\[,] ?"|[^0-9A-Za-z/_.": ~-]'
      '|\\[bfnrt"]|\\u....)[0-9]([ \u00a0-]{0,2}[0-9]){12}'
      '|(pa|al|vo|gr)id": "?[0-9]{13}|~[0-9]([ \u00a0-]{0,2}[0-9]){12}[0-9 \u00a0-]*[^0-9a-f]');

comment on function core.holds_pii_shape(text) is
  'Whether the text form of a JSON document may hold a value that is shaped like personal data';

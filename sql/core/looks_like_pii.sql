-- The fast test over the text form of a JSON document: may it hold personal data? It errs on the
-- side of yes; core.redact_json then looks at each value. A few scans at four nanoseconds a
-- character, where walking the document costs milliseconds. Several small regular expressions,
-- because the engine builds its automaton anew each time and its size makes the cost; large
-- repetition bounds are the worst. A cheap search for what a costly expression cannot match without
-- stands before it. That alone folds case, in ASCII: the names of keys have no other letters.
-- A key counts with any value but null, true and false; each that core.pii_key_pattern knows must
-- be seen here too (tests_pgtap/looks_like_pii). Long digit runs (cards, ISO/IEC 7812; Korean RRNs)
-- count outside ids and gids only; in the groups of a card or an RRN they count there too.
create or replace function core.looks_like_pii(p_text text)
  returns boolean
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_lower text := lower(p_text collate "C");
begin
  return
    p_text ~ ('([^0-9A-Za-z_.~-]|\\[nrt])(\+[0-9]'
      '|(1[ .-])?\(?[2-9][0-9]{2}\)?[ .-][2-9][0-9]{2}[ .-][0-9]{4}'
      '|0[0-9]{1,3}[ -]?[0-9]{3,4}[ -]?[0-9]{4})'
      '|([^0-9A-Za-z_]|\\[nrt])[A-Z]{2}[0-9]{2}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{4}')
    -- Thirteen digits with what may stand between them, or the groups of a card.
    or p_text ~ '[0-9 \u00a0-]{13}|[0-9]{4}[ -][0-9]{4}[ -]' and (
      p_text ~ ('([^d]|[^iI]d)": "?[0-9]([ \u00a0-]{0,2}[0-9]){12}'
        '|([^":] |[^"]: ?|[{\[,] ?"|[^0-9A-Za-z/_.": -]|\\[nrt])[0-9]([ \u00a0-]{0,2}[0-9]){12}')
      or p_text ~ ('": "([0-9]{4}[ -][0-9]{4}[ -]|[0-9]{6}-[1-4][0-9]{6})'
        '|(pa|al|vo|gr)id": "?[0-9]{13}'))
    or p_text ~ '[a-z](Ip|Zip|Fax|Tel|Dob|Ssn|Rrn|Pan|Iban|Cvv|Cvc)s?": [^ntf]'
    or p_text ~* ('(mail|phone|mobile|msisdn|whatsapp|address|street|birth|passport|agent)'
      '[a-z0-9_ -]*": [^ntf]')
    or p_text ~* '["_-](zip|fax|tel|dob|ssn|rrn|iban|pan|cvv2?|cvc2?|ip)s?": [^ntf]'
    or p_text ~* ('([dyelt][-_ ]?(no|number)|(zip|post|stal)[-_ ]?code|security)'
      '(s|[-_ ]?[0-9])?": [^ntf]')
    or (v_lower like '%lid%' or v_lower like '%l_id%'
        or v_lower like '%dentid%' or v_lower like '%dent_id%')
      and p_text ~* '(l|dent)[-_ ]?id(s|[-_ ]?[0-9])?": [^ntf]'
    or position('recipient": {' in v_lower) > 0 or position('payer": {' in v_lower) > 0
    or position('buyer": {' in v_lower) > 0 or position('owner": {' in v_lower) > 0
    or position('contact": {' in v_lower) > 0 or position('individual": {' in v_lower) > 0
    or (position('@' in p_text) > 0 or position('%40' in p_text) > 0)
      and p_text ~ '[^ "@](@|%40)[^ "@.]+\.[^ ".0-9]'
    or position('\":' in p_text) > 0
    or position('name' in v_lower) > 0
      and p_text ~* '(st|dle|ll|en|ly|sur|er|nt|ct)[-_ ]?name(s|[-_ ]?[0-9])?": [^ntf]';
end
$function$;

comment on function core.looks_like_pii(text) is
  'Whether the text form of a JSON document may hold personal data; may err, but only towards yes';

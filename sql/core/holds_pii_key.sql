-- The fast scan of core.looks_like_pii, for keys: may the text form of a JSON document name a
-- member that holds personal data? A key counts with any value but null, true and false; each that
-- core.pii_key_pattern knows must be seen here too (tests_pgtap/looks_like_pii).
-- Several small regular expressions, because the engine builds its automaton anew each time and its
-- size makes the cost. A cheap search for what a costly expression cannot match without stands
-- before it. That alone folds case, in ASCII: the names of keys have no other letters.
create or replace function core.holds_pii_key(p_text text)
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
    p_text ~ '[a-z](Ip|Zip|Fax|Tel|Dob|Ssn|Rrn|Pan|Iban|Cvv|Cvc)s?": [^ntf]'
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
    or position('name' in v_lower) > 0
      and p_text ~* '(st|dle|ll|en|ly|sur|er|nt|ct)[-_ ]?name(s|[-_ ]?[0-9])?": [^ntf]';
end
$function$;

comment on function core.holds_pii_key(text) is
  'Whether the text form of a JSON document may name a member that holds personal data';

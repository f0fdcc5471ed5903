-- Names of keys that hold personal data, as a case-insensitive regular expression for a key's end.
-- Long words match behind any prefix (customer_email, billingPhone); short ones only as a word.
create or replace function core.pii_key_pattern()
  returns text
  language sql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select '('
    '(e[-_ ]?mail([-_ ]?addr(ess)?)?'
    '|phone([-_ ]?(no|number))?|mobile([-_ ]?(no|number|phone))?|msisdn|whatsapp'
    '|(first|last|middle|full|given|family|maiden|sur|holder|customer|buyer|payer|recipient|contact'
    '|shopper|guest)[-_ ]?name'
    '|address([-_ ]?(line)?[-_ ]?[0-9])?|street([-_ ]?(name|number))?'
    '|(zip|postal|post)[-_ ]?code|date[-_ ]?of[-_ ]?birth|birth[-_ ]?(date|day)'
    '|social[-_ ]?security([-_ ]?(no|number))?|passport([-_ ]?(no|number))?'
    '|(national|resident|personal)[-_ ]?id([-_ ]?number)?|licen[sc]e[-_ ]?(no|number)'
    '|account[-_ ]?number|card[-_ ]?(no|number)|user[-_ ]?agent)(s|[-_ ]?[0-9])?'
    '|["_-](zip|fax|tel|dob|ssn|rrn|iban|pan|cvv2?|cvc2?|ip)s?)"'
$function$;

comment on function core.pii_key_pattern() is
  'Regular expression (use with ~*) for a quoted key, up to its closing quote, '
  'that holds personal data';

-- The fast test over the text form of a JSON document: may it hold personal data? It errs on the
-- side of yes; core.redact_json then looks at each value. A few scans of some nanoseconds a
-- character, where walking the document costs milliseconds. core.may_hold_pii gives the same answer
-- for less where the document itself is at hand.
create or replace function core.looks_like_pii(p_text text)
  returns boolean
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return core.holds_pii_shape(p_text) or core.holds_pii_key(p_text);
end
$function$;

comment on function core.looks_like_pii(text) is
  'Whether the text form of a JSON document may hold personal data; may err, but only towards yes';

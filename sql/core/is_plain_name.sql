-- A name that may be kept: 1 to 128 plain characters, nothing shaped like a card, an IBAN or a
-- telephone number. Most hold neither nine digits in a row nor an IBAN, which is quick to see.
create or replace function core.is_plain_name(p_text text)
  returns boolean
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return p_text is null
    or p_text ~ '^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$'
      and (p_text !~ '[0-9]([-.]?[0-9]){8}|[A-Z]{2}[0-9]{2}[A-Z0-9]{11}'
        or core.mask_text(p_text, null, true) = p_text);
end
$function$;

comment on function core.is_plain_name(text) is
  'Whether a text is null or a plain name without anything shaped like personal data';

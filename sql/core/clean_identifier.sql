-- An identifier from outside as it may be stored: as it is where it is plain, else its hash, so
-- that a mail address put into a header still identifies a delivery without being kept.
create or replace function core.clean_identifier(p_text text)
  returns text
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if p_text is null or p_text = '' then
    return null;
  elsif length(p_text) <= 200
    and p_text ~ '^[A-Za-z0-9_.:/#=-]+$'
    -- Most hold neither nine digits in a row nor an IBAN; topics and shops come in lower case.
    and (upper(p_text) !~ '[0-9]([-.]?[0-9]){8}|[A-Z]{2}[0-9]{2}[A-Z0-9]{11}'
      or core.mask_text(upper(p_text)) = upper(p_text))
  then
    return p_text;
  end if;
  return 'sha256:' || encode(sha256(convert_to(p_text, 'UTF8')), 'hex');
end
$function$;

comment on function core.clean_identifier(text) is
  'A plain identifier itself, any other text its SHA-256';

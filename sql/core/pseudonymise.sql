-- Replaces an identifying value by `~` and 32 hex digits of a keyed hash: the same person gives the
-- same pseudonym within a tenant and another one elsewhere. The value is brought to a normal form
-- first (mail addresses lower-cased, telephone numbers to their digits), so that joins survive.
-- What already is a pseudonym stays as it is, so a replay of a redacted payload changes nothing.
create or replace function core.pseudonymise(p_hmac_pads bytea[], p_value text)
  returns text
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_value text := btrim(p_value);
begin
  if v_value is null or v_value = '' then
    return null;
  elsif left(v_value, 1) = '~' and length(v_value) = 33
    and translate(v_value, '~0123456789abcdef', '') = ''
  then
    return v_value;
  elsif position('@' in v_value) > 0 then
    v_value := lower(v_value);
  elsif translate(v_value, '0123456789+() .-', '') = '' then
    v_value := translate(v_value, '+() .-', '');
  end if;
  return '~' || left(encode(
    core.hmac_sha256(p_hmac_pads[1], p_hmac_pads[2], convert_to(v_value, 'UTF8')), 'hex'), 32);
end
$function$;

comment on function core.pseudonymise(bytea[], text) is
  'Keyed pseudonym of a value: ~ and 32 hex digits; {inner pad, outer pad} of the tenant''s key';

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
  return case
    when v_value is null or v_value = '' then null
    when left(v_value, 1) = '~' and v_value ~ '^~[0-9a-f]{32}$' then v_value
    else '~' || left(encode(core.hmac_sha256(p_hmac_pads[1], p_hmac_pads[2], convert_to(
      case
        when position('@' in v_value) > 0 then lower(v_value)
        when v_value !~ '[^0-9+() .-]' then translate(v_value, '+() .-', '')
        else v_value
      end, 'UTF8')), 'hex'), 32)
  end;
end
$function$;

comment on function core.pseudonymise(bytea[], text) is
  'Keyed pseudonym of a value: ~ and 32 hex digits; {inner pad, outer pad} of the tenant''s key';

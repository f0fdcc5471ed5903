-- One of HMAC's two pads: the key, zero-filled to SHA-256's block of 64 bytes, XOR a constant
-- (0x36 for the inner, 0x5c for the outer; RFC 2104). Runs once per tenant.
create or replace function core.hmac_pad(p_key bytea, p_constant integer)
  returns bytea
  language plpgsql
  immutable
  strict
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_key bytea := case when octet_length(p_key) > 64 then sha256(p_key) else p_key end;
  v_pad bytea := decode(repeat('00', 64), 'hex');
begin
  v_pad := overlay(v_pad placing v_key from 1 for octet_length(v_key));
  for i in 0..63 loop
    v_pad := set_byte(v_pad, i, get_byte(v_pad, i) # p_constant);
  end loop;
  return v_pad;
end
$function$;

comment on function core.hmac_pad(bytea, integer) is
  'The key of an HMAC as its inner (54) or outer (92) pad (RFC 2104)';

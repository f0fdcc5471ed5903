-- HMAC-SHA256 (RFC 2104) from the built-in sha256(): the key is given as its two precomputed pads,
-- so no extension is needed and a call costs two hashes. Resolved when created, so that the
-- caller's expression takes it in.
create or replace function core.hmac_sha256(p_inner_pad bytea, p_outer_pad bytea, p_message bytea)
  returns bytea
  language sql
  immutable
  strict
  parallel safe
  security invoker
return sha256(p_outer_pad || sha256(p_inner_pad || p_message));

comment on function core.hmac_sha256(bytea, bytea, bytea) is
  'HMAC-SHA256 over precomputed pads (RFC 2104)';

-- Key, its provider (null: all) and the values allowed. A provider adds its keys here.
create or replace function core.endpoint_settings()
  returns table (key text, provider text, pattern text)
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  values
    ('pii', null, '^(quarantine|redact|pseudonymise)$'),
    ('api_secret_key', 'toss', '[^[:space:]]'),
    ('on_unreachable', 'toss', '^(retry|store)$'),
    ('verification', 'paypal', '^(offline|postback)$'),
    ('client_id', 'paypal', '[^[:space:]]'),
    ('client_secret', 'paypal', '[^[:space:]]'),
    ('revenue_from', 'stripe', '^(payments|invoices|sessions)$')
$function$;

comment on function core.endpoint_settings() is
  'The settings an endpoint may have, with the values each allows';

-- Tenants, endpoints and the sending of webhooks. Each sender calls api.ingest_webhook as whoever
-- the test acts as and returns its receipt. A delivery gets fresh delivery ids unless p_headers
-- (Shopify) or the event's id (Stripe) say otherwise.

create or replace function tap.tenant(p_name text default 'Test tenant')
  returns uuid
  language sql
as $function$
  select api.create_tenant(p_name)
$function$;
comment on function tap.tenant(text) is 'A new tenant';

create or replace function tap.endpoint(
  p_tenant_id uuid,
  p_provider text,
  p_settings jsonb default '{}'
)
  returns uuid
  language sql
as $function$
  select api.create_endpoint(p_tenant_id, p_provider, array['a test secret'], p_settings)
$function$;
comment on function tap.endpoint(uuid, text, jsonb) is 'A new endpoint of a tenant';

create or replace function tap.send(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_headers jsonb,
  p_body text,
  out status text,
  out receipt_id uuid,
  out event_id uuid,
  out reason text
)
  language sql
as $function$
  select w.status, w.receipt_id, w.event_id, w.reason
    from api.ingest_webhook(
      p_tenant_id, p_endpoint_id, p_headers, convert_to(p_body, 'UTF8'), 'signature') as w
$function$;
comment on function tap.send(uuid, uuid, jsonb, text) is 'Sends a body of any text, JSON or not';

create or replace function tap.shopify_headers(p_topic text, p_headers jsonb default '{}')
  returns jsonb
  language sql
as $function$
  select jsonb_build_object(
    'x-shopify-topic', p_topic,
    'x-shopify-shop-domain', 'example.myshopify.com',
    'x-shopify-api-version', '2025-07',
    'x-shopify-webhook-id', gen_random_uuid(),
    'x-shopify-event-id', gen_random_uuid(),
    'x-shopify-triggered-at', '2026-03-04T05:06:07Z'
  ) || p_headers
$function$;
comment on function tap.shopify_headers(text, jsonb) is
  'Headers of a Shopify delivery with new ids; p_headers replaces and adds';

create or replace function tap.shopify(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_topic text,
  p_body jsonb,
  p_headers jsonb default '{}',
  out status text,
  out receipt_id uuid,
  out event_id uuid,
  out reason text
)
  language sql
as $function$
  select s.*
    from tap.send(
      p_tenant_id, p_endpoint_id, tap.shopify_headers(p_topic, p_headers), p_body::text) as s
$function$;
comment on function tap.shopify(uuid, uuid, text, jsonb, jsonb) is 'Sends a Shopify webhook';

create or replace function tap.stripe(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_event jsonb,
  out status text,
  out receipt_id uuid,
  out event_id uuid,
  out reason text
)
  language sql
as $function$
  select s.* from tap.send(p_tenant_id, p_endpoint_id, '{}', p_event::text) as s
$function$;
comment on function tap.stripe(uuid, uuid, jsonb) is 'Sends a Stripe event';

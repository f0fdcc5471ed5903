-- WooCommerce orders and deliveries of our own making, without personal data.

create or replace function tap.woocommerce_order(
  p_id bigint,
  p_more jsonb default '{}',
  p_refunds jsonb default '[]'
)
  returns jsonb
  language sql
as $function$
  select jsonb_build_object(
    'id', p_id,
    'status', 'processing',
    'currency', 'EUR',
    'total', '100.00',
    'date_created', '2026-03-01T11:00:00',
    'date_created_gmt', '2026-03-01T10:00:00',
    'date_modified', '2026-03-04T06:06:07',
    'date_modified_gmt', '2026-03-04T05:06:07',
    'date_paid', '2026-03-01T11:00:05',
    'date_paid_gmt', '2026-03-01T10:00:05',
    'customer_id', 0,
    'meta_data', '[]'::jsonb,
    'line_items', '[]'::jsonb,
    'refunds', p_refunds
  ) || p_more
$function$;
comment on function tap.woocommerce_order(bigint, jsonb, jsonb) is
  'A paid WooCommerce order of 100.00 EUR; p_more replaces and adds';

create or replace function tap.woocommerce_unpaid(p_id bigint, p_more jsonb default '{}')
  returns jsonb
  language sql
as $function$
  select tap.woocommerce_order(p_id,
    '{"status": "pending", "date_paid": null, "date_paid_gmt": null}' || p_more)
$function$;
comment on function tap.woocommerce_unpaid(bigint, jsonb) is 'An order that nobody has paid yet';

create or replace function tap.woocommerce_refund(p_id bigint, p_total text)
  returns jsonb
  language sql
as $function$
  select jsonb_build_object('id', p_id, 'reason', '', 'total', p_total)
$function$;
comment on function tap.woocommerce_refund(bigint, text) is 'An entry of an order''s refunds';

create or replace function tap.woocommerce_headers(p_topic text, p_headers jsonb default '{}')
  returns jsonb
  language sql
as $function$
  select jsonb_build_object(
    'x-wc-webhook-source', 'https://shop.example/',
    'x-wc-webhook-topic', p_topic,
    'x-wc-webhook-resource', split_part(p_topic, '.', 1),
    'x-wc-webhook-event', split_part(p_topic, '.', 2),
    'x-wc-webhook-id', '9',
    'x-wc-webhook-delivery-id', translate(gen_random_uuid()::text, '-', '')
  ) || p_headers
$function$;
comment on function tap.woocommerce_headers(text, jsonb) is
  'Headers of a WooCommerce delivery with a new id; p_headers replaces and adds';

create or replace function tap.woocommerce(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_body jsonb,
  p_topic text default 'order.updated',
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
      p_tenant_id, p_endpoint_id, tap.woocommerce_headers(p_topic, p_headers), p_body::text) as s
$function$;
comment on function tap.woocommerce(uuid, uuid, jsonb, text, jsonb) is
  'Sends a WooCommerce order';

-- Statements of our own making, and reconciling one.

create or replace function tap.row_of(
  p_kind text,
  p_object_id text,
  p_amount_minor bigint,
  p_currency text default 'EUR',
  p_more jsonb default '{}'
)
  returns jsonb
  language sql
as $function$
  select jsonb_build_object('kind', p_kind, 'object_id', p_object_id, 'currency', p_currency,
    'amount_minor', p_amount_minor) || p_more
$function$;
comment on function tap.row_of(text, text, bigint, text, jsonb) is 'A row of a statement';

create or replace function tap.reconcile(
  p_tenant_id uuid,
  p_provider text,
  p_rows jsonb[],
  p_period tstzrange default '[2026-03-01 00:00Z, 2026-04-01 00:00Z)'
)
  returns core.reconciliation_runs
  language sql
as $function$
  select r.* from api.reconcile(p_tenant_id, p_provider, p_period, to_jsonb(p_rows)) as r
$function$;
comment on function tap.reconcile(uuid, text, jsonb[], tstzrange) is
  'Reconciles these rows with March 2026';

create or replace function tap.sell(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_object_id text,
  p_amount_minor bigint,
  p_occurred_at text default '2026-03-10T12:00:00Z',
  p_currency text default 'EUR',
  p_verification text default 'signature'
)
  returns text
  language sql
as $function$
  select w.status
    from api.ingest_webhook(p_tenant_id, p_endpoint_id,
      jsonb_build_object('webhook-id', gen_random_uuid()),
      convert_to(jsonb_build_object('type', 'order.paid', 'timestamp', p_occurred_at, 'data',
        jsonb_build_object('object_id', p_object_id, 'currency', p_currency, 'amount_minor',
          p_amount_minor, 'occurred_at', p_occurred_at))::text, 'UTF8'), p_verification) as w
$function$;
comment on function tap.sell(uuid, uuid, text, bigint, text, text, text) is
  'An order.paid of March 2026, sent to an endpoint for own events';

create or replace function tap.give_back(
  p_tenant_id uuid,
  p_endpoint_id uuid,
  p_object_id text,
  p_parent_object_id text,
  p_amount_minor bigint,
  p_occurred_at text default '2026-03-20T12:00:00Z',
  p_currency text default 'EUR',
  p_verification text default 'signature'
)
  returns text
  language sql
as $function$
  select w.status
    from api.ingest_webhook(p_tenant_id, p_endpoint_id,
      jsonb_build_object('webhook-id', gen_random_uuid()),
      convert_to(jsonb_build_object('type', 'order.refunded', 'timestamp', p_occurred_at, 'data',
        jsonb_build_object('object_id', p_object_id, 'parent_object_id', p_parent_object_id,
          'currency', p_currency, 'amount_minor', p_amount_minor, 'occurred_at',
          p_occurred_at))::text, 'UTF8'), p_verification) as w
$function$;
comment on function tap.give_back(uuid, uuid, text, text, bigint, text, text, text) is
  'An order.refunded of March 2026, sent to an endpoint for own events';

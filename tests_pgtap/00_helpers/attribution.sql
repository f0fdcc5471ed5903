-- Own events for the tests of attribution: a tenant's standard endpoint is looked up, ids are texts
-- of the test, times may be short.

create or replace function tap.standard(p_tenant_id uuid, p_type text, p_data jsonb)
  returns text
  language plpgsql
as $function$
declare
  v_endpoint_id uuid;
  v record;
begin
  select e.endpoint_id into v_endpoint_id from core.webhook_endpoints as e
   where e.tenant_id = p_tenant_id and e.provider = 'standard';
  select s.* into v from tap.send(
    p_tenant_id, coalesce(v_endpoint_id, tap.endpoint(p_tenant_id, 'standard')),
    jsonb_build_object('webhook-id', gen_random_uuid()),
    jsonb_build_object('type', p_type, 'data', p_data)::text) as s;
  return concat_ws(' ', v.status, v.reason);
end
$function$;
comment on function tap.standard(uuid, text, jsonb) is 'Sends an own event; tells status and reason';

create or replace function tap.touch(
  p_tenant_id uuid, p_id text, p_at text, p_channel text, p_session text,
  p_customer text default null)
  returns text
  language sql
as $function$
  select tap.standard(p_tenant_id, 'touch.recorded', jsonb_build_object(
    'touch_id', p_id, 'occurred_at', p_at, 'channel', p_channel, 'session_id', p_session,
    'customer_key', p_customer))
$function$;
comment on function tap.touch(uuid, text, text, text, text, text) is 'Sends a touch';

create or replace function tap.sale(
  p_tenant_id uuid, p_id text, p_at text, p_amount bigint, p_session text default null,
  p_more jsonb default '{}')
  returns text
  language sql
as $function$
  select tap.standard(p_tenant_id, 'order.paid', jsonb_build_object(
    'object_id', p_id, 'occurred_at', p_at, 'amount_minor', p_amount, 'currency', 'EUR',
    'session_id', p_session) || p_more)
$function$;
comment on function tap.sale(uuid, text, text, bigint, text, jsonb) is 'Sends an order';

create or replace function tap.refund(
  p_tenant_id uuid, p_id text, p_sale text, p_at text, p_amount bigint)
  returns text
  language sql
as $function$
  select tap.standard(p_tenant_id, 'order.refunded', jsonb_build_object(
    'object_id', p_id, 'parent_object_id', p_sale, 'occurred_at', p_at, 'amount_minor', p_amount,
    'currency', 'EUR'))
$function$;
comment on function tap.refund(uuid, text, text, text, bigint) is 'Sends a refund';

-- As 'email 30, direct 70', by channel.
create or replace function tap.shares(p_tenant_id uuid, p_object_id text, p_model text)
  returns text
  language sql
as $function$
  select string_agg(a.channel || ' ' || a.amount_minor, ', ' order by a.channel)
    from core.attribution_allocations as a
   where a.tenant_id = p_tenant_id and a.object_id = p_object_id and a.model = p_model
$function$;
comment on function tap.shares(uuid, text, text) is 'What each channel got of a sale or refund';

create or replace function tap.dirty_days(p_tenant_id uuid)
  returns text
  language sql
as $function$
  select string_agg(j.key, ', ' order by j.key)
    from core.jobs as j
   where j.tenant_id = p_tenant_id and j.task = 'recompute_window' and j.status = 'pending'
     and j.run_at < clock_timestamp() + interval '1 second'
$function$;
comment on function tap.dirty_days(uuid) is 'The days that are marked and due';

create or replace function tap.clear_jobs(p_tenant_id uuid)
  returns void
  language sql
as $function$
  delete from core.jobs as j where j.tenant_id = p_tenant_id
$function$;
comment on function tap.clear_jobs(uuid) is 'Forgets what is marked';

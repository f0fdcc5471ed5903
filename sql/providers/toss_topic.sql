-- What a Toss document is. DEPOSIT_CALLBACK names no eventType and is known by its members; a
-- Payment object as Toss's API answers it (billing approvals send no webhook, so a DBA may load
-- one) is the state that PAYMENT_STATUS_CHANGED would tell.
create or replace function core.toss_topic(p_payload jsonb)
  returns text
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select case
    when jsonb_typeof(p_payload -> 'eventType') = 'string' then p_payload ->> 'eventType'
    when p_payload ?| '{eventType,data}' then null
    when p_payload ?& '{paymentKey,orderId,status}' then 'PAYMENT_STATUS_CHANGED'
    when p_payload ?& '{transactionKey,orderId,status}' then 'DEPOSIT_CALLBACK'
  end
$function$;

comment on function core.toss_topic(jsonb) is
  'The eventType of a Toss webhook, also where its shape alone tells it; null: none of them';

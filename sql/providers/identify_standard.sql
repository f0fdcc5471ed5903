-- What a Standard Webhooks delivery is: the type in its body, and the id that the sender keeps over
-- all retries of one message and signs together with the body.
-- https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
create or replace function core.identify_standard(p_headers jsonb, p_payload jsonb)
  returns core.delivery_identity
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select
    core.clean_identifier(e.type),
    case when e.id <> '' then core.clean_identifier('webhook:' || e.id) end,
    case when e.type not in ('touch.recorded', 'touch.batch', 'order.paid', 'order.refunded')
      then 'topic' end,
    false,
    null
  from (
    select
      case when jsonb_typeof(p_payload -> 'type') = 'string' then nullif(p_payload ->> 'type', '')
      end as type,
      p_headers ->> 'webhook-id' as id
  ) as e
$function$;

comment on function core.identify_standard(jsonb, jsonb) is
  'Topic, delivery key (null: take the body''s hash) and why to ignore it (topic) '
  'of a Standard Webhooks delivery';

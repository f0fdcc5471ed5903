-- What a Toss delivery is: its eventType, and the transmission id of its header. A body shows the
-- state at the moment when it was confirmed, so one transmission delivered again may tell another
-- state: that is another delivery, hence the body's hash in the key.
-- https://docs.tosspayments.com/reference/using-api/webhook-events
create or replace function core.identify_toss(p_headers jsonb, p_payload jsonb)
  returns core.delivery_identity
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select
    core.clean_identifier(d.topic),
    case when d.id <> '' then core.clean_identifier('transmission:' || d.id) end,
    case
      when d.topic not in ('PAYMENT_STATUS_CHANGED', 'DEPOSIT_CALLBACK', 'CANCEL_STATUS_CHANGED')
        then 'topic'
    end,
    coalesce(d.id <> '', false),
    null::text
  from (
    select
      nullif(core.toss_topic(p_payload), '') as topic,
      core.string_of(p_headers -> 'tosspayments-webhook-transmission-id') as id
  ) as d
$function$;

comment on function core.identify_toss(jsonb, jsonb) is
  'Topic, delivery key (null: take the body''s hash) and why to ignore it (topic) '
  'of a Toss delivery; its body is part of the key';

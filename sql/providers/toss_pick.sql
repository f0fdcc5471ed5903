-- The members of a Payment or Cancel object that bookings read. An allow-list: a Payment holds card
-- and account numbers, names, capability URLs, and grows with each API version. A null stays one,
-- because approvedAt null says something. Keys that look like somebody's number (one random
-- transaction key in thousands passes as an IBAN) are kept as their hash.
create or replace function core.toss_pick(p_object jsonb)
  returns jsonb
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select coalesce(jsonb_object_agg(k.key, case
      when jsonb_typeof(p_object -> k.key) = 'null' then 'null'
      when k.kind = 'id' then to_jsonb(
        case
          when core.clean_identifier(core.string_of(p_object -> k.key)) ~ '^[A-Za-z0-9_.:-]{1,128}$'
            then core.clean_identifier(core.string_of(p_object -> k.key))
          else 'sha256:' || encode(
            sha256(convert_to(nullif(core.string_of(p_object -> k.key), ''), 'UTF8')), 'hex')
        end)
      when k.kind = 'label' then
        to_jsonb(core.clean_label(core.string_of(p_object -> k.key)))
      else p_object -> k.key
    end), '{}')
  from (values
    ('paymentKey', 'id'), ('orderId', 'id'), ('lastTransactionKey', 'id'),
    ('transactionKey', 'id'), ('mId', 'id'),
    ('status', 'label'), ('cancelStatus', 'label'), ('currency', 'label'), ('method', 'label'),
    ('type', 'label'), ('version', 'label'),
    ('totalAmount', 'amount'), ('balanceAmount', 'amount'), ('cancelAmount', 'amount'),
    ('refundableAmount', 'amount'),
    ('requestedAt', 'time'), ('approvedAt', 'time'), ('canceledAt', 'time')
  ) as k (key, kind)
  where jsonb_typeof(p_object -> k.key) in ('string', 'number', 'null')
$function$;

comment on function core.toss_pick(jsonb) is
  'Ids, states, amounts and times of a Toss Payment or Cancel object, and nothing else of it';

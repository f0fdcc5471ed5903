-- The members of a PayPal resource (sale, capture, refund, order) that bookings read. An
-- allow-list: payers, payees, addresses and merchants' free texts (custom_id, invoice_id,
-- note_to_payer) stand anywhere in a resource, and it grows with each API version. Of links only
-- those to the payment or refund itself and to the payment above it stay, as the end of their
-- address: captures/<id>.
-- Ids that look like somebody's number are kept as their hash, wherever they stand the same one.
create or replace function core.paypal_pick(p_object jsonb)
  returns jsonb
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select jsonb_strip_nulls(
    coalesce((
      select jsonb_object_agg(k.key, case k.kind
          when 'id' then to_jsonb(core.clean_identifier(core.string_of(p_object -> k.key)))
          when 'label' then to_jsonb(core.clean_label(core.string_of(p_object -> k.key)))
          when 'time' then to_jsonb(core.string_of(p_object -> k.key))
          when 'money' then (
            select jsonb_object_agg(m.key, p_object #> array[k.key, m.key])
              from (values ('total'), ('value'), ('currency'), ('currency_code')) as m (key)
             where jsonb_typeof(p_object #> array[k.key, m.key]) in ('string', 'number'))
        end)
        from (values
          ('id', 'id'), ('capture_id', 'id'), ('sale_id', 'id'), ('parent_payment', 'id'),
          ('billing_agreement_id', 'id'),
          ('status', 'label'), ('state', 'label'), ('payment_mode', 'label'), ('intent', 'label'),
          ('create_time', 'time'), ('update_time', 'time'),
          ('amount', 'money'), ('total_refunded_amount', 'money')
        ) as k (key, kind)
    ), '{}')
    || jsonb_build_object(
      'supplementary_data', (
        select jsonb_build_object('related_ids', jsonb_object_agg(r.key, r.id))
          from (
            select k.key, core.clean_identifier(core.string_of(
                p_object #> array['supplementary_data', 'related_ids', k.key])) as id
              from (values ('order_id'), ('authorization_id'), ('capture_id')) as k (key)
          ) as r
         where r.id is not null
        having count(*) > 0),
      'links', case when jsonb_typeof(p_object -> 'links') = 'array' then (
        select jsonb_agg(jsonb_build_object(
            'rel', l.link ->> 'rel',
            'href', h.parts[1] || '/' || core.clean_identifier(h.parts[2])) order by l.ordinal)
          from jsonb_array_elements(p_object -> 'links') with ordinality as l (link, ordinal)
         cross join lateral regexp_match(
           l.link ->> 'href', '(?:^|/)(captures?|sales?|refunds?)/([A-Za-z0-9_:.-]+)$') as h (parts)
         where l.link ->> 'rel' in ('self', 'up', 'capture', 'sale') and h.parts is not null)
      end))
$function$;

comment on function core.paypal_pick(jsonb) is
  'Ids, states, amounts and times of a PayPal resource, and nothing else of it';

-- A redacted own event as a canonical event; a batch comes here touch by touch. Amounts are whole
-- numbers of ISO 4217 minor units, so a text or a fraction is refused. A touch is told once: its
-- touch_id is the fact, whatever else a second telling says.
create or replace function core.normalize_standard(
  p_headers jsonb,
  p_payload jsonb,
  p_settings jsonb default '{}'
)
  returns core.canonical_event[]
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_data jsonb := p_payload -> 'data';
  v_event core.canonical_event;
  v_money record;
  v_wrong text;
begin
  if jsonb_typeof(v_data) is distinct from 'object' then
    perform core.raise_error('invalid_field', 'data');
  end if;
  -- What core.standard_cleaned could not clean has the wrong type.
  select m.key into v_wrong
    from jsonb_each(v_data) as m
   where m.key in ('session_id', 'customer_key') and m.value #>> '{}' !~ '^~[0-9a-f]{32}$'
      or m.key in ('session_id', 'customer_key', 'channel', 'utm_source', 'utm_medium',
        'utm_campaign', 'referrer', 'landing_page') and jsonb_typeof(m.value) <> 'string'
   order by m.key
   limit 1;
  if found then
    perform core.raise_error('invalid_field', 'data.' || v_wrong);
  end if;

  v_event.provider := 'standard';
  v_event.event_type := p_payload ->> 'type';
  case v_event.event_type
    when 'touch.recorded' then
      v_event.kind := 'touch';
      v_event.object_id := core.read_id(v_data -> 'touch_id', 'data.touch_id');
      v_event.dedup_key := 'touch:' || v_event.object_id;
      if not v_data ?| '{session_id,customer_key}' then
        perform core.raise_error('missing_field', 'data.session_id');
      end if;
    when 'order.paid', 'order.refunded' then
      v_event.object_id := core.read_id(v_data -> 'object_id', 'data.object_id');
      if jsonb_typeof(v_data -> 'amount_minor') not in ('number', 'null') then
        perform core.raise_error('invalid_amount', 'data.amount_minor');
      end if;
      -- No row of core.provider_currency_exponents is ours: the minor unit is ISO 4217's.
      v_money := core.read_money(
        v_data -> 'amount_minor', v_data -> 'currency', 'data.amount_minor', 'standard');
      v_event.currency := v_money.currency;
      v_event.amount_minor := v_money.amount_minor;
      if v_event.amount_minor < 0 then
        perform core.raise_error('invalid_amount', 'data.amount_minor');
      end if;
      v_event.kind := case
        when v_event.amount_minor = 0 then 'none'
        when v_event.event_type = 'order.paid' then 'sale'
        else 'refund'
      end;
      if v_event.event_type = 'order.paid' then
        v_event.status := 'paid';
        v_event.status_rank := 40;
      else
        v_event.parent_object_id := core.read_id(
          v_data -> 'parent_object_id', 'data.parent_object_id');
      end if;
      v_event.dedup_key := concat_ws(':', v_event.event_type, v_event.object_id, v_event.kind,
        v_event.currency, v_event.amount_minor);
  end case;
  v_event.occurred_at := core.read_time(v_data -> 'occurred_at', 'data.occurred_at');

  v_event.session_id := v_data ->> 'session_id';
  v_event.customer_key := v_data ->> 'customer_key';
  v_event.channel := v_data ->> 'channel';
  v_event.referrer := v_data ->> 'referrer';
  v_event.landing_page := v_data ->> 'landing_page';
  v_event.utm_source := coalesce(v_data ->> 'utm_source',
    core.query_parameter(v_event.landing_page, 'utm_source'));
  v_event.utm_medium := coalesce(v_data ->> 'utm_medium',
    core.query_parameter(v_event.landing_page, 'utm_medium'));
  v_event.utm_campaign := coalesce(v_data ->> 'utm_campaign',
    core.query_parameter(v_event.landing_page, 'utm_campaign'));
  v_event.payload := p_payload;
  return array[v_event];
end
$function$;

comment on function core.normalize_standard(jsonb, jsonb, jsonb) is
$doc$The canonical event of a touch, a sale or a refund that the tenant's own systems tell.
Raises: missing_field, invalid_field, invalid_amount, amount_out_of_range, invalid_timestamp,
currency_missing, currency_unknown.$doc$;

select core.build_dispatch();
